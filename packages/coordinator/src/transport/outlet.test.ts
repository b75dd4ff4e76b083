import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import type { Socket } from "socket.io";
import { ManualClock } from "../testing/clock.js";
import { Outlet, OUTGOING_BYTES, OUTGOING_MAX_BYTES, UNREAD_MS } from "./outlet.js";

/** The events of engine.io and of a TCP connection that nobody reads, until it is told so. */
class Line extends EventEmitter {
  readonly stream = Object.assign(new EventEmitter(), { writableLength: 0 });
  readonly request = { socket: this.stream };

  queue(bytes: number): void {
    this.emit("packetCreate", { type: "message", data: Buffer.alloc(bytes) });
  }

  flush(bytes: number): void {
    this.stream.writableLength += bytes;
    this.emit("flush");
  }

  drain(): void {
    this.stream.writableLength = 0;
    this.stream.emit("drain");
  }
}

function scene(): { line: Line; clock: ManualClock; outlet: Outlet; cuts: () => number } {
  const line = new Line();
  const clock = new ManualClock();
  let cuts = 0;
  const outlet = new Outlet(line as unknown as Socket["conn"], clock, () => {
    cuts += 1;
    line.emit("close");
  });
  return { line, clock, outlet, cuts: () => cuts };
}

/** Bytes that a packet takes beside its data. */
const ENVELOPE = 512;

test("there is room up to the bound; beyond it one waits until what was sent before has been read", async () => {
  const { line, outlet, cuts } = scene();
  line.queue(OUTGOING_BYTES - ENVELOPE);
  await outlet.room();
  line.queue(0);
  let waited = true;
  const room = outlet.room().then(() => (waited = false));
  line.flush(outlet.bytes);
  await Promise.resolve();
  assert.equal(waited, true);
  line.drain();
  await room;
  assert.equal(outlet.bytes, 0);
  assert.equal(cuts(), 0);
});

test("one who lets another wait for as long as any answer may take is cut, once; nobody waits after that", async () => {
  const { line, clock, outlet, cuts } = scene();
  line.queue(OUTGOING_BYTES + 1);
  const rooms = Promise.all([outlet.room(), outlet.room()]);
  await Promise.resolve();
  clock.advance(UNREAD_MS - 1);
  assert.equal(cuts(), 0);
  clock.advance(1);
  await rooms;
  await outlet.room();
  clock.advance(2 * UNREAD_MS);
  assert.equal(cuts(), 1);
});

test("one who goes on to ask without reading is cut when twice the bound is reached", () => {
  const { line, cuts } = scene();
  line.queue(OUTGOING_MAX_BYTES - 2 * ENVELOPE);
  line.queue(0);
  assert.equal(cuts(), 0);
  line.queue(0);
  assert.equal(cuts(), 1);
});

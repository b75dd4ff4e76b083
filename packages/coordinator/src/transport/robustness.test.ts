import assert from "node:assert/strict";
import { connect as tlsConnect } from "node:tls";
import test from "node:test";
import type { TestContext } from "node:test";
import { LIMITS, SITE_MESSAGES } from "@fedace/ace-core/protocol";
import type { SiteMessageName } from "@fedace/ace-core/protocol";
import { TestCoordinator } from "../testing/coordinator.js";
import { federation, greet } from "../testing/federation.js";
import { ask, nextEvent, post } from "../testing/site.js";
import type { TestSite } from "../testing/site.js";
import { MESSAGE_RATES, PENDING_MESSAGES } from "./rates.js";
import { manifest, nextAssignment, trained, upload, download } from "../testing/worker.js";

const malformed = { ok: false, rejection: { code: "MESSAGE_MALFORMED" } };

/** Values that no message is. */
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  "",
  "text",
  true,
  [],
  [[]],
  {},
  { run: 1 },
  { __proto__: null },
  JSON.parse('{"__proto__":{"ok":true},"constructor":1}'),
  { run: "../../etc", round: 1, offset: 0, length: 1 },
  { run: "a".repeat(10_000), round: 1 },
  { run: "r", round: 1.5 },
  { run: "r", round: Number.MAX_VALUE },
  { run: "r", round: 1, offset: -1, data: new Uint8Array(3) },
  { run: "r", round: 1, offset: 0, data: "text" },
  { run: "r", round: 1, offset: 0, data: new Uint8Array(0) },
  new Uint8Array(100),
];

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && !Array.isArray(value) && value !== null && Object.keys(value).length === 0;
}

async function alive(coordinator: TestCoordinator, site: TestSite): Promise<void> {
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  socket.disconnect();
  assert.equal((await post(site.invitation, "", "/healthz", "GET")).status, 200);
}

async function scene(t: TestContext): Promise<{ coordinator: TestCoordinator; site: TestSite }> {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  return { coordinator, site: await coordinator.site("tissue") };
}

test("every message is answered as malformed when its payload is nonsense, and the server goes on", async (t) => {
  const { coordinator, site } = await scene(t);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  for (const name of Object.keys(SITE_MESSAGES) as SiteMessageName[]) {
    for (const value of NONSENSE) {
      // A payload without fields is what this message is made of; `leave.test` sends it.
      if (name === "leave" && isEmptyObject(value)) continue;
      assert.deepEqual(await ask(socket, name, value), malformed, `${name} ${JSON.stringify(value)}`);
    }
  }
  const send = (...values: unknown[]): Promise<unknown> =>
    socket.timeout(LIMITS.ackTimeoutMs).emitWithAck(...(values as [string]));
  for (const event of ["unknown", "", "__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.deepEqual(await send(event, manifest("tissue")), malformed, event);
  }
  assert.deepEqual(await send("manifest"), malformed, "no payload");
  assert.deepEqual(await send("manifest", manifest("tissue"), manifest("tissue")), malformed, "two payloads");
  socket.emit("manifest", manifest("tissue"));
  socket.emit("unknown", { a: 1 });
  assert.equal((await ask(socket, "manifest", manifest("tissue"))).ok, true, "the connection has lived through it");
  socket.disconnect();
});

test("a message over the limit closes its connection only; one at the limit passes", async (t) => {
  const { coordinator, site } = await scene(t);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  const chunk = (bytes: number): object => ({ run: "r", round: 1, offset: 0, data: new Uint8Array(bytes) });
  const unknown = { ok: false, rejection: { code: "UPDATE_UNKNOWN" } };
  assert.deepEqual(await ask(socket, "update.chunk", chunk(LIMITS.chunkBytes)), unknown);
  assert.deepEqual(await ask(socket, "update.chunk", chunk(LIMITS.chunkBytes + 1)), malformed);
  const gone = nextEvent(socket, "disconnect");
  socket.emit("update.chunk", chunk(LIMITS.messageBytes + 1));
  await gone;
  await alive(coordinator, site);
});

test("the server ends a connection of which a frame is no socket.io packet, and no other", async (t) => {
  const { coordinator, site } = await scene(t);
  const frames: (string | Buffer)[] = [
    "",
    "9",
    "42[",
    "42{}",
    '42["manifest"',
    '4"x"',
    "451-",
    '4999999999-["a"]',
    "40{",
    "40",
    "41",
    "4" + "[".repeat(50_000),
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.alloc(LIMITS.messageBytes),
  ];
  for (const frame of frames) {
    const { socket } = await greet(coordinator, site, manifest("tissue"));
    const gone = nextEvent(socket, "disconnect");
    const { engine } = socket.io;
    const raw = (engine.transport as unknown as { ws: { send(data: string | Buffer): void } }).ws;
    raw.send(frame);
    // Where the first could be the beginning of something, the second cannot be what follows.
    raw.send(frame);
    // This side neither disconnects ("io client disconnect") nor gives up ("ping timeout", "parse error").
    assert.match(
      String(await gone),
      /^(io server disconnect|transport close|transport error)$/,
      String(frame).slice(0, 50),
    );
  }
  await alive(coordinator, site);
});

test("bytes that are no HTTP, half requests and foreign upgrades do no harm", async (t) => {
  const { coordinator, site } = await scene(t);
  const { port, hostname } = new URL(site.invitation.url);
  const ca = site.invitation.tls.mode === "pinned" ? site.invitation.tls.certificate : "";
  const send = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = tlsConnect({ host: hostname, port: Number(port), ca }, () => {
        socket.write(text);
        socket.end();
      });
      socket.on("error", () => undefined);
      socket.on("close", () => {
        resolve();
      });
      socket.resume();
    });
  await send("\u0000\u0001\u0002\r\n\r\n");
  await send("GET / HTTP/9.9\r\n\r\n");
  await send("POST /v1/join HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  await send(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(100_000)}\r\n\r\n`);
  await send(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
  );
  await send("GET /elsewhere HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
  await alive(coordinator, site);
});

test("more messages than may wait for their turn are answered as such, and the connection goes on", async (t) => {
  const { coordinator, site } = await scene(t);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  const progress = { run: "r", round: 1, phase: "training", done: 0, total: 1, secondsLeft: null };
  const codes = new Map<string, number>();
  const flood = 200;
  await Promise.all(
    Array.from({ length: flood }, async () => {
      const answer = await ask(socket, "progress", progress);
      const code = answer.ok ? "ok" : answer.rejection.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }),
  );
  assert.ok(flood <= MESSAGE_RATES.progress, "it is not the rate of progress that refuses");
  assert.ok((codes.get("RATE_LIMITED") ?? 0) > 0, "what waits for its turn is bounded");
  assert.ok(
    flood - (codes.get("RATE_LIMITED") ?? 0) >= PENDING_MESSAGES,
    "and as many as the bound says are answered in earnest",
  );
  assert.equal(
    [...codes.values()].reduce((sum, count) => sum + count, 0),
    flood,
    "and each is answered",
  );
  assert.equal((await ask(socket, "manifest", manifest("tissue"))).ok, true);
  socket.disconnect();
});

test("one site's nonsense does not disturb another one's round", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const { tissue, lesion, assignments } = await federation(coordinator, { rounds: "1" });
  const model = await download(tissue.socket, assignments.tissue);
  const attack = Promise.all(NONSENSE.map((value) => ask(lesion.socket, "update.begin", value)));
  assert.equal((await upload(tissue.socket, assignments.tissue, trained(model, 1))).ok, true);
  await attack;
  const next = nextAssignment(tissue.socket);
  assert.equal((await upload(lesion.socket, assignments.lesion, trained(model, 1))).ok, true);
  assert.equal((await next).kind, "evaluate");
  tissue.socket.disconnect();
  lesion.socket.disconnect();
});

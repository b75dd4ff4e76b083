import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/**
 * A TCP proxy that keeps every byte a client sends, websocket frames unmasked (RFC 6455, section 5.3), so that a test
 * can read what reached the server.
 */
export class RecordingProxy {
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #recorders: ClientRecorder[] = [];

  constructor(target: () => number) {
    this.#server = createServer((client) => {
      const upstream = connect(target(), "127.0.0.1");
      const recorder = new ClientRecorder();
      this.#recorders.push(recorder);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on("data", (data) => {
        recorder.push(data);
      });
      client.pipe(upstream);
      upstream.pipe(client);
    });
  }

  /** Starts listening on a free port of loopback and returns it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Everything clients have sent so far: HTTP as it was, websocket payloads unmasked. */
  recorded(): Buffer {
    return Buffer.concat(this.#recorders.flatMap((recorder) => recorder.parts));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Splits one client's stream into the HTTP part and unmasked websocket payloads. */
class ClientRecorder {
  readonly parts: Buffer[] = [];
  #pending = Buffer.alloc(0);
  #mode: "header" | "http" | "frames" = "header";

  push(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data]);
    if (this.#mode === "header") {
      const end = this.#pending.indexOf("\r\n\r\n");
      if (end < 0) return;
      const header = this.#pending.subarray(0, end).toString("latin1");
      this.#mode = /\r\nupgrade: websocket/i.test(header) ? "frames" : "http";
      this.#take(end + 4);
    }
    if (this.#mode === "http") this.#take(this.#pending.length);
    else while (this.#takeFrame());
  }

  #take(length: number): void {
    this.parts.push(this.#pending.subarray(0, length));
    this.#pending = this.#pending.subarray(length);
  }

  /** Moves one whole frame from the pending bytes to the parts; false when there is none. */
  #takeFrame(): boolean {
    const bytes = this.#pending;
    const short = (bytes[1] ?? 0) & 0x7f;
    const header = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (bytes.length < header + 4) return false;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < header + 4 + length) return false;
    const mask = bytes.subarray(header, header + 4);
    const payload = Buffer.from(bytes.subarray(header + 4, header + 4 + length));
    for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    this.parts.push(payload);
    this.#pending = bytes.subarray(header + 4 + length);
    return true;
  }
}

/** A stranger on the wire, byte by byte. */
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { connect as tcpConnect } from "node:net";
import type { Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Where strangers come from: an address of this machine that no site of the benchmark has. */
export const STRANGE_ADDRESS = "127.0.0.1";

/** Calls `use` with a connection as soon as it is made, and again with a new one whenever it has ended. */
function persist(open: () => Socket, use: (socket: Socket) => void): void {
  const socket = open();
  socket.on("error", () => undefined);
  socket.once("close", () => {
    setTimeout(() => {
      persist(open, use);
    }, 10);
  });
  use(socket);
}

/** Keeps `count` connections, each made again when it has ended. */
export function crowd(count: number, open: () => Socket, use: (socket: Socket) => void): void {
  for (let i = 0; i < count; i++) persist(open, use);
}

export function tcp({ host, port }: Target): Socket {
  return tcpConnect({ host, port, localAddress: STRANGE_ADDRESS });
}

export function tls({ host, port }: Target): Socket {
  // The options of TCP are taken as well, which the types do not say.
  const options = { host, port, servername: "localhost", rejectUnauthorized: false, localAddress: STRANGE_ADDRESS };
  return tlsConnect(options);
}

/** Asks for a websocket of engine.io and resolves when it is there; never, where the connection ends before. */
export async function upgrade(socket: Socket): Promise<void> {
  await once(socket, "secureConnect");
  socket.write(
    [
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
      "host: localhost",
      "upgrade: websocket",
      "connection: upgrade",
      "sec-websocket-version: 13",
      `sec-websocket-key: ${randomBytes(16).toString("base64")}`,
      "\r\n",
    ].join("\r\n"),
  );
  await once(socket, "data");
  socket.resume();
}

/**
 * A text frame, or its beginning.
 *
 * @param announced bytes that the frame says it has
 */
export function frame(text: Buffer, announced = text.byteLength): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(announced), 2);
  // A mask of zeros leaves the bytes as they are.
  return Buffer.concat([head, text]);
}

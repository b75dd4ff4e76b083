import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import type { Invitation } from "@fedace/ace-core/protocol";

/** A peer that means harm: speaks TLS and as much of the websocket protocol as it likes, byte by byte. */
export class Attacker {
  readonly socket: TLSSocket;
  readonly closed: Promise<unknown>;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
  }

  /** Opens TLS and says nothing. `from`: the address of this machine to come from. */
  static async connect(invitation: Invitation, from?: string): Promise<Attacker> {
    const { hostname, port } = new URL(invitation.url);
    const attacker = new Attacker(
      connect({
        host: "127.0.0.1",
        port: Number(port),
        servername: hostname,
        rejectUnauthorized: false,
        ...(from === undefined ? {} : { localAddress: from }),
      }),
    );
    await Promise.race([once(attacker.socket, "secureConnect"), attacker.closed]);
    return attacker;
  }

  /** Opens a websocket of engine.io. */
  static async websocket(invitation: Invitation, from?: string): Promise<Attacker> {
    const attacker = await Attacker.connect(invitation, from);
    attacker.socket.write(
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
    await Promise.race([once(attacker.socket, "data"), attacker.closed]);
    return attacker;
  }

  /**
   * Sends a text frame, or its beginning.
   *
   * @param announced bytes that the frame says it has
   */
  frame(text: string | Buffer, announced = Buffer.byteLength(text)): boolean {
    const head = Buffer.alloc(14);
    head.writeUInt8(0x81, 0);
    head.writeUInt8(0x80 | 127, 1);
    head.writeBigUInt64BE(BigInt(announced), 2);
    // A mask of zeros leaves the bytes as they are.
    return this.socket.write(Buffer.concat([head, Buffer.from(text)]));
  }
}

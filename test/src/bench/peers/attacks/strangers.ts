/** What somebody without a token does from one address. */
import { LIMITS } from "@fedace/ace-core/protocol";
import { crowd, frame, tcp, tls, upgrade } from "./peer.js";
import type { Target } from "./peer.js";

/** Bytes of a message that stay below what a stranger may send. */
const FEW_BYTES = 8000;
/** Copies of CONNECT that go out in one piece. */
const CONNECTS = 20_000;
/** The first record of TLS up to the middle of its ClientHello. */
const HALF_HELLO = Buffer.from("16030100f0010000ec0303", "hex");

/** Websockets with a message that never ends: half of them send all but its last byte, half as much as is borne. */
export function halfMessages(target: Target, count: number): void {
  let next = 0;
  crowd(
    count,
    () => tls(target),
    (socket) => {
      const whole = next++ % 2 === 0;
      const bytes = Buffer.alloc(whole ? LIMITS.messageBytes - 1 : FEW_BYTES, "x");
      upgrade(socket).then(
        () => socket.write(frame(bytes, LIMITS.messageBytes)),
        () => undefined,
      );
    },
  );
}

/** TCP connections on which nothing is ever said. */
export function silence(target: Target, count: number): void {
  crowd(
    count,
    () => tcp(target),
    () => undefined,
  );
}

/** Handshakes of which the second half never comes. */
export function halfHandshakes(target: Target, count: number): void {
  crowd(
    count,
    () => tcp(target),
    (socket) => {
      socket.once("connect", () => socket.write(HALF_HELLO));
    },
  );
}

/** Whole handshakes, ended at once and made again. */
export function storm(target: Target, count: number): void {
  crowd(
    count,
    () => tls(target),
    (socket) => {
      socket.once("secureConnect", () => socket.destroy());
    },
  );
}

/** Tens of thousands of CONNECT on one connection, each with a token that has to be looked at. */
export function connects(target: Target, count: number, token: string): void {
  const packets = Buffer.concat(
    Array.from({ length: CONNECTS }, () => frame(Buffer.from(`40${JSON.stringify({ protocol: 1, token })}`))),
  );
  crowd(
    count,
    () => tls(target),
    (socket) => {
      upgrade(socket).then(
        () => socket.write(packets),
        () => undefined,
      );
    },
  );
}

import type { Clock } from "@fedace/ace-core/foundation";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io";

type Connection = Socket["conn"];

/** Bytes under way to a site above which its next question waits: as many answers as a site asks for at once. */
export const OUTGOING_BYTES = LIMITS.chunkWindow * LIMITS.messageBytes;
/** Bytes under way above which a connection is cut; reached by those alone who ask on and do not read. */
export const OUTGOING_MAX_BYTES = 2 * OUTGOING_BYTES;
/** How long a question may wait for answers to be read, milliseconds; after half of it a site has given up itself. */
export const UNREAD_MS = 2 * LIMITS.ackTimeoutMs;
/** Memory that a message takes beside its bytes. */
const PACKET_BYTES = 512;

/** Counts what is under way to one peer: queued in the websocket layers, or given to its socket and not yet sent. */
export class Outlet {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #unread: () => void;
  #queued = 0;
  #waiting: { readonly go: () => void; readonly room: Promise<void> } | undefined;
  #closed = false;

  /** @param unread is called when the peer has to be cut, since it does not read */
  constructor(connection: Connection, clock: Clock, unread: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#unread = unread;
    connection.on("packetCreate", ({ data }: { readonly data?: string | Buffer }) => {
      this.#queued += PACKET_BYTES + (data === undefined ? 0 : Buffer.byteLength(data));
      if (this.bytes > OUTGOING_MAX_BYTES) this.#cut();
    });
    connection.on("flush", () => {
      this.#queued = 0;
    });
    const socket = connection.request.socket;
    const look = (): void => {
      if (this.bytes <= OUTGOING_BYTES) this.#waiting?.go();
    };
    socket.on("drain", look);
    connection.on("close", () => {
      this.#closed = true;
      socket.removeListener("drain", look);
      this.#waiting?.go();
    });
  }

  get bytes(): number {
    return this.#queued + this.#connection.request.socket.writableLength;
  }

  /** Resolves when there is room for another answer, or nobody is there any more. */
  async room(): Promise<void> {
    while (this.bytes > OUTGOING_BYTES && !this.#closed) await (this.#waiting ??= this.#wait()).room;
  }

  #wait(): { readonly go: () => void; readonly room: Promise<void> } {
    const cancel = this.#clock.after(UNREAD_MS, () => {
      this.#cut();
    });
    let resolve: () => void = () => undefined;
    const room = new Promise<void>((done) => {
      resolve = done;
    });
    const go = (): void => {
      cancel();
      this.#waiting = undefined;
      resolve();
    };
    return { go, room };
  }

  #cut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unread();
    this.#waiting?.go();
  }
}

import type { Clock, FedaceError, Logger, Random } from "@fedace/ace-core/foundation";
import { COORDINATOR_MESSAGES, LIMITS, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { CoordinatorMessage, CoordinatorMessageName } from "@fedace/ace-core/protocol";
import { io } from "socket.io-client";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import { siteError } from "../errors.js";
import { backoffMs, displacedMs } from "./backoff.js";
import { networkFailure, placeOf } from "./failures.js";
import { sealLine } from "./line.js";
import type { SealedLine } from "./line.js";
import type { Places } from "./places.js";
import { isFatal, readRejection, rejectionError } from "./rejections.js";
import { coordinatorAgent } from "./tls.js";

/** How long one attempt to connect may take, milliseconds. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Of the name of an unknown message, the log shows so many characters. */
const NAME_SHOWN = 64;
/** Who has not been pushed out for so long after a connection was made has no rival any more, milliseconds. */
const CALM_MS = 1_800_000;
/** A connection that held this long counts as a success: the delays start anew. Milliseconds. */
const SETTLED_MS = 5000;

/** A message of the coordinator, validated. */
export type Incoming = {
  readonly [N in CoordinatorMessageName]: { readonly name: N; readonly payload: CoordinatorMessage<N> };
}[CoordinatorMessageName];

interface ConnectionEvents {
  connected(): void;
  disconnected(): void;
  message(message: Incoming): void;
  /** An attempt failed; the next one follows after `delayMs` milliseconds. */
  retrying(error: FedaceError, delayMs: number): void;
  /** There is no sense in another attempt. */
  ended(error: FedaceError): void;
}

interface ConnectionComponents {
  readonly clock: Clock;
  readonly random: Pick<Random, "uniform">;
  readonly logger: Logger;
}

interface ConnectionInit {
  readonly places: Places;
  /** Makes the token of one connection, which the coordinator has given this name. */
  readonly token: (connection: string) => Promise<string>;
  readonly events: ConnectionEvents;
}

/**
 * The one connection of a site to its coordinator: a websocket that is opened again for ever, with a fresh token each
 * time and randomised delays. It ends by `stop`, or when the coordinator's refusal is final.
 */
export class Connection {
  /** The way to send; only `outbound/` can open it. */
  readonly line: SealedLine;
  readonly #parts: ConnectionComponents;
  readonly #init: ConnectionInit;
  #socket: Socket | undefined;
  #cancelRetry: () => void = () => undefined;
  #running = false;
  #attempt = 0;
  /** How often another client with this site's key has taken over, one time soon after the other. */
  #displaced = 0;
  /** Whether any connection of this process succeeded: before that, a wrong certificate or clock is final. */
  #everConnected = false;

  constructor(parts: ConnectionComponents, init: ConnectionInit) {
    this.#parts = parts;
    this.#init = init;
    this.line = sealLine({
      current: () => (this.#socket?.connected === true ? this.#socket : undefined),
      reset: () => this.#socket?.io.engine.close(),
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#open();
  }

  stop(): void {
    this.#running = false;
    this.#cancelRetry();
    this.#drop();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.removeAllListeners();
    socket?.disconnect();
  }

  #open(): void {
    const { address, trust, tunnel } = this.#init.places.current;
    const options = {
      transports: ["websocket"],
      path: `${address.prefix}/socket.io/`,
      forceNew: true,
      reconnection: false,
      timeout: CONNECT_TIMEOUT_MS,
      // ws takes the agent as it is; engine.io's types know its browser meaning only.
      agent: coordinatorAgent(address, trust, tunnel) as unknown as boolean,
      maxPayload: LIMITS.messageBytes,
      auth: (pass: (data: object) => void) => {
        this.#init.token(socket.io.engine.id).then(
          (token) => {
            pass({ protocol: PROTOCOL_VERSION, token, time: this.#parts.clock.now() });
          },
          (error: unknown) => {
            this.#failed(error);
          },
        );
      },
    } satisfies Partial<ManagerOptions & SocketOptions> & { maxPayload: number };
    const origin = `${address.secure ? "https" : "http"}://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    const socket = io(origin, options);
    this.#socket = socket;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    let goodbye: FedaceError | undefined;
    let since = 0;
    socket.on("connect", () => {
      since = this.#parts.clock.now();
      this.#everConnected = true;
      this.#init.events.connected();
    });
    socket.on("connect_error", (error: Error & { data?: unknown }) => {
      this.#failed(error);
    });
    socket.on("disconnect", (reason) => {
      const held = this.#parts.clock.now() - since;
      if (held >= SETTLED_MS) this.#attempt = 0;
      if (held >= CALM_MS) this.#displaced = 0;
      this.#init.events.disconnected();
      const place = placeOf(this.#init.places.current.address);
      this.#init.places.restart();
      this.#again(goodbye ?? siteError("CONNECTION_LOST", `The connection to ${place} was lost (${reason}).`));
    });
    socket.onAny((name: string) => {
      if (!Object.hasOwn(COORDINATOR_MESSAGES, name))
        this.#parts.logger.warn("a message of the coordinator that this version does not know was ignored", {
          message: name.slice(0, NAME_SHOWN),
        });
    });
    for (const name of Object.keys(COORDINATOR_MESSAGES) as CoordinatorMessageName[]) {
      socket.on(name, (payload: unknown) => {
        const parsed = COORDINATOR_MESSAGES[name].safeParse(payload);
        if (!parsed.success) {
          this.#parts.logger.warn("a malformed message of the coordinator was ignored", { message: name });
          return;
        }
        if (name === "goodbye") {
          const { code } = parsed.data as CoordinatorMessage<"goodbye">;
          goodbye = rejectionError({ code }, this.#parts.clock.now());
        }
        this.#init.events.message({ name, payload: parsed.data } as Incoming);
      });
    }
  }

  /** An attempt did not become a connection. */
  #failed(error: unknown): void {
    const socket = this.#socket;
    const rejection = readRejection((error as { data?: unknown }).data);
    const { address, trust, tunnel } = this.#init.places.current;
    if (rejection === undefined) this.#init.places.next();
    const explained =
      rejection === undefined
        ? networkFailure(error, address, trust, tunnel)
        : Promise.resolve(rejectionError(rejection, this.#parts.clock.now()));
    void explained.then((failure) => {
      if (this.#socket === socket) this.#again(failure);
    });
  }

  #again(error: FedaceError): void {
    if (!this.#running) return;
    this.#drop();
    if (this.#isFinal(error.code)) {
      this.#running = false;
      this.#init.events.ended(error);
      return;
    }
    const delayMs = this.#pause(error.code);
    this.#cancelRetry = this.#parts.clock.after(delayMs, () => {
      this.#open();
    });
    this.#init.events.retrying(error, delayMs);
  }

  /** How long to wait before the next attempt, milliseconds. */
  #pause(code: string): number {
    if (code === "SITE_CONNECTED_ELSEWHERE") {
      this.#displaced += 1;
      return displacedMs(this.#displaced, this.#parts.random);
    }
    this.#attempt += 1;
    return backoffMs(this.#attempt, this.#parts.random);
  }

  #isFinal(code: string): boolean {
    if (isFatal(code) || code === "COORDINATOR_PROTOCOL") return true;
    return (
      !this.#everConnected && this.#init.places.isOnly && (code === "COORDINATOR_CERTIFICATE" || code === "CLOCK_OFF")
    );
  }
}

import type { Server as HttpServer } from "node:http";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Rejection } from "@fedace/ace-core/protocol";
import { Server } from "socket.io";
import type { Socket } from "socket.io";
import { authenticate, claimedSite, Refusal } from "../identity/index.js";
import type { TokenCheck } from "../identity/index.js";
import { serveConnection } from "./connection.js";
import type { ConnectionParts } from "./connection.js";

/**
 * A ping every 10 s keeps idle connections open through proxies that close them after 30 or 60 s; a site that has not
 * answered for 20 s more is taken for gone. Sites train in another process, so a busy site answers.
 */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 20_000;
/** How long a connection may take to show its token, milliseconds. */
const AUTHENTICATION_TIMEOUT_MS = 10_000;

export interface GatewayParts extends Omit<ConnectionParts, "refused">, TokenCheck {
  readonly refused: (what: string, site: string | undefined, rejection: Rejection) => Promise<void>;
}

/** The websocket side of the server. */
export interface Gateway {
  /** Disconnects everybody, and resolves when every message that came in has been dealt with. */
  close(): Promise<void>;
}

/**
 * Accepts the websockets of sites on `server`, under `/socket.io`. Websockets only: long polling would spread one
 * connection over many requests, and a proxy that lets no websocket through is better found out at once.
 */
export function createGateway(parts: GatewayParts, server: HttpServer): Gateway {
  const io = new Server(server, {
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: LIMITS.messageBytes,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    connectTimeout: AUTHENTICATION_TIMEOUT_MS,
    perMessageDeflate: false,
    allowRequest: (_request, decide) => {
      decide(null, io.engine.clientsCount < LIMITS.connections);
    },
  });
  const names = new WeakMap<Socket, string>();
  const served = new Set<Promise<void>>();
  io.use((socket, next) => {
    admit(parts, socket.handshake.auth).then(
      (result) => {
        if (typeof result === "string") {
          names.set(socket, result);
          next();
        } else next(Object.assign(new Error(result.code), { data: result }));
      },
      (error: unknown) => {
        parts.logger.error("a connection could not be checked", { error });
        next(Object.assign(new Error("COORDINATOR_BUSY"), { data: { code: "COORDINATOR_BUSY" } satisfies Rejection }));
      },
    );
  });
  io.on("connection", (socket) => {
    const site = names.get(socket);
    if (site === undefined) {
      socket.disconnect(true);
      return;
    }
    const service = serveConnection(parts, socket, site).finally(() => served.delete(service));
    served.add(service);
  });
  return {
    close: async () => {
      await io.close();
      await Promise.all(served);
    },
  };
}

async function admit(parts: GatewayParts, auth: unknown): Promise<string | Rejection> {
  try {
    return await authenticate(parts, auth);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await parts.refused("connection", claimedSite(auth), error.rejection);
    return error.rejection;
  }
}

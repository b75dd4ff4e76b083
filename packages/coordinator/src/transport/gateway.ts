import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { randomUUID } from "node:crypto";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Rejection } from "@fedace/ace-core/protocol";
import { Server } from "socket.io";
import type { Socket } from "socket.io";
import { authenticate, claimedSite, Refusal } from "../identity/index.js";
import type { Identified, TokenCheck } from "../identity/index.js";
import { serveConnection } from "./connection.js";
import type { ConnectionParts } from "./connection.js";
import { Lobby } from "./lobby.js";
import type { LobbyParts } from "./lobby.js";
import { SiteRates } from "./rates.js";

/**
 * A ping every 10 s keeps idle connections open through proxies that close them after 30 or 60 s; a site that has not
 * answered for 20 s more is taken for gone. Sites train in another process, so a busy site answers.
 */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 20_000;
/** How long a websocket may take to show its token, milliseconds. */
const AUTHENTICATION_TIMEOUT_MS = 5000;

/** How long a refused connection may take to read why, milliseconds. */
const REFUSED_MS = 1000;

interface GatewayParts extends Omit<ConnectionParts, "refused">, TokenCheck, LobbyParts {
  readonly refused: (what: string, site: string | undefined, rejection: Rejection) => Promise<void>;
}

/** The websocket side of the server. */
export interface Gateway {
  /** Disconnects everybody, and resolves when every message that came in has been dealt with. */
  close(): Promise<void>;
}

type Connection = Socket["conn"];

/**
 * Accepts the websockets of sites on `server`, under `/socket.io`. Websockets only: long polling would spread one
 * connection over many requests, and a proxy that lets no websocket through is better found out at once.
 *
 * Until a connection has shown a good token it is a stranger's: it has few bytes, little time and one try.
 */
export function createGateway(parts: GatewayParts, server: HttpServer): Gateway {
  const lobby = new Lobby(parts);
  server.on("connection", (socket: NetSocket) => {
    lobby.enter(socket);
  });
  const io = new Server(server, {
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: LIMITS.messageBytes,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    connectTimeout: AUTHENTICATION_TIMEOUT_MS,
    perMessageDeflate: false,
  });
  const names = connectionNames(io);
  const watched = new WeakMap<Connection, () => void>();
  io.engine.on("connection", (connection: Connection) => {
    watched.set(connection, lobby.watch(connection.request.socket));
  });
  const sites = new WeakMap<Socket, Identified>();
  const tried = new WeakSet<Connection>();
  const served = new Set<Promise<void>>();
  const rates = new Map<string, SiteRates>();
  const ratesOf = (site: string): SiteRates => {
    const known = rates.get(site) ?? new SiteRates();
    rates.set(site, known);
    return known;
  };
  const check = async (socket: Socket): Promise<Identified | Rejection> => {
    const known = await identify(parts, socket.handshake.auth, names.get(socket.request) ?? "");
    if ("code" in known) return known;
    if (!ratesOf(known.site).connect(parts.clock.now())) return { code: "RATE_LIMITED" };
    return served.size < LIMITS.connections ? known : { code: "COORDINATOR_BUSY" };
  };
  io.use((socket, next) => {
    const { conn } = socket;
    if (tried.has(conn)) {
      conn.request.socket.destroy();
      next(new Error("a second try"));
      return;
    }
    tried.add(conn);
    const refuse = (rejection: Rejection): void => {
      next(Object.assign(new Error(rejection.code), { data: rejection }));
      // After the refusal is on its way: whoever wants to try again opens another connection.
      setImmediate(() => {
        conn.close();
        parts.clock.after(REFUSED_MS, () => conn.request.socket.destroy());
      });
    };
    check(socket).then(
      (result) => {
        if ("code" in result) {
          refuse(result);
          return;
        }
        sites.set(socket, result);
        watched.get(conn)?.();
        lobby.leave(conn.request.socket);
        next();
      },
      (error: unknown) => {
        parts.logger.error("a connection could not be checked", { error });
        refuse({ code: "COORDINATOR_BUSY" });
      },
    );
  });
  io.on("connection", (socket) => {
    const identified = sites.get(socket);
    if (identified === undefined) {
      socket.disconnect(true);
      return;
    }
    const service = serveConnection(parts, socket, identified, ratesOf(identified.site)).finally(() =>
      served.delete(service),
    );
    served.add(service);
  });
  return {
    close: async () => {
      const closed = io.close();
      lobby.clear();
      await closed;
      await Promise.all(served);
    },
  };
}

/** Names each connection, so that a token can be made for one alone. Engine.io tells the other side that name. */
function connectionNames(io: Server): Pick<WeakMap<IncomingMessage, string>, "get"> {
  const names = new WeakMap<IncomingMessage, string>();
  (io.engine as unknown as { generateId: (request: IncomingMessage) => string }).generateId = (request) => {
    const name = randomUUID().replaceAll("-", "");
    names.set(request, name);
    return name;
  };
  return names;
}

async function identify(parts: GatewayParts, auth: unknown, connection: string): Promise<Identified | Rejection> {
  try {
    return await authenticate(parts, auth, connection);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await parts.refused("connection", claimedSite(auth), error.rejection);
    return error.rejection;
  }
}

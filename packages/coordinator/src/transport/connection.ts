import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { SITE_MESSAGES } from "@fedace/ace-core/protocol";
import type { Answer, RejectCode, Rejection, SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io";
import { Refusal } from "../identity/index.js";
import type { Identified } from "../identity/index.js";
import { Outlet } from "./outlet.js";
import { PENDING_MESSAGES } from "./rates.js";
import type { SiteRates } from "./rates.js";
import type { Desk, SiteLink } from "./types.js";

export interface ConnectionParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly desk: Desk;
  /** Notes in the audit log what a site was refused. */
  readonly refused: (what: SiteMessageName | "message", site: string, rejection: Rejection) => Promise<void>;
}

/** How long a connection may outlive its service, milliseconds: time to read a goodbye. Then it is gone, read or not. */
const GOODBYE_MS = 2000;

/**
 * Serves one connection: every message is counted, checked and answered, whatever comes in. Those of an upload follow
 * one another in the order of arrival; the others need not wait while a large update is verified. Nothing is answered
 * to a site that does not read what it was answered before.
 *
 * @returns resolves when the connection has ended and nothing of it is under way any more.
 */
export function serveConnection(
  parts: ConnectionParts,
  socket: Socket,
  identified: Identified,
  rates: SiteRates,
): Promise<void> {
  const { site } = identified;
  let heardAt = parts.clock.now();
  const link = siteLink(socket, identified, () => heardAt);
  const outlet = new Outlet(socket.conn, parts.clock, () => {
    // No goodbye: it would only be one thing more that is not read.
    socket.conn.request.socket.destroy();
    void note(parts, "message", site, { code: "ANSWERS_UNREAD" });
  });
  const welcome = parts.desk.connected(link).catch((error: unknown) => {
    parts.logger.error("a connection could not be noted", { site, error });
    link.close("COORDINATOR_BUSY");
  });
  const lines = { upload: welcome, other: welcome };
  let pending = 0;
  socket.conn.on("packet", () => {
    heardAt = parts.clock.now();
    if (rates.packet(heardAt)) return;
    link.close("RATE_LIMITED");
    void note(parts, "message", site, { code: "RATE_LIMITED" });
  });
  socket.onAny((event: unknown, ...values: unknown[]) => {
    const acknowledge = values.pop();
    // Without an acknowledgement nobody waits for an answer: there is nothing to say, and nothing to do.
    if (typeof acknowledge !== "function") return;
    const reply = acknowledge as (answer: Answer<SiteMessageName>) => void;
    if (pending >= PENDING_MESSAGES || !rates.message(nameOf(event) ?? "unknown", parts.clock.now())) {
      reply({ ok: false, rejection: { code: "RATE_LIMITED" } });
      return;
    }
    pending += 1;
    const line = typeof event === "string" && event.startsWith("update.") ? "upload" : "other";
    lines[line] = lines[line]
      .then(() => outlet.room())
      .then(async () => {
        // What has arrived of an upload is kept although nobody waits for the answer any more.
        if (socket.connected || line === "upload") reply(await answer(parts, link, event, values));
      })
      .catch((error: unknown) => {
        parts.logger.error("an answer could not be sent", { site, error });
      })
      .finally(() => {
        pending -= 1;
      });
  });
  socket.on("error", (error) => {
    parts.logger.debug("a connection failed", { site, error });
  });
  return new Promise((resolve) => {
    socket.on("disconnect", () => {
      // A site can leave the service and keep the connection, or not answer the closing.
      parts.clock.after(GOODBYE_MS, () => {
        socket.conn.request.socket.destroy();
      });
      void Promise.all([lines.upload, lines.other])
        .then(() => parts.desk.disconnected(link))
        .catch((error: unknown) => {
          parts.logger.error("a disconnection could not be noted", { site, error });
        })
        .finally(resolve);
    });
  });
}

function nameOf(event: unknown): SiteMessageName | undefined {
  return typeof event === "string" && Object.hasOwn(SITE_MESSAGES, event) ? (event as SiteMessageName) : undefined;
}

async function answer(
  parts: ConnectionParts,
  link: SiteLink,
  event: unknown,
  values: readonly unknown[],
): Promise<Answer<SiteMessageName>> {
  const name = nameOf(event);
  try {
    const parsed = name === undefined || values.length !== 1 ? undefined : SITE_MESSAGES[name].safeParse(values[0]);
    if (name === undefined || parsed?.success !== true) throw new Refusal("MESSAGE_MALFORMED");
    const payload = parsed.data as SiteMessage<SiteMessageName>;
    return { ok: true, value: await parts.desk.answer(link, name, payload) };
  } catch (error) {
    return { ok: false, rejection: await rejected(parts, name ?? "message", link.site, error) };
  }
}

async function rejected(
  parts: ConnectionParts,
  what: SiteMessageName | "message",
  site: string,
  error: unknown,
): Promise<Rejection> {
  const rejection: Rejection = error instanceof Refusal ? error.rejection : { code: "COORDINATOR_BUSY" };
  if (error instanceof Refusal) parts.logger.debug("a message was refused", { site, what, detail: error.message });
  else parts.logger.error("a message could not be answered", { site, what, error });
  await note(parts, what, site, rejection);
  return rejection;
}

async function note(
  parts: ConnectionParts,
  what: SiteMessageName | "message",
  site: string,
  rejection: Rejection,
): Promise<void> {
  try {
    await parts.refused(what, site, rejection);
  } catch (failure) {
    parts.logger.error("a refusal could not be noted", { site, what, error: failure });
  }
}

function siteLink(socket: Socket, identified: Identified, heardAt: () => number): SiteLink {
  return {
    ...identified,
    heardAt,
    send: (name, payload) => {
      socket.emit(name, payload);
    },
    close: (code: RejectCode) => {
      socket.emit("goodbye", { code });
      socket.disconnect(true);
    },
  };
}

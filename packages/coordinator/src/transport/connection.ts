import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { SITE_MESSAGES } from "@fedace/ace-core/protocol";
import type { Answer, RejectCode, Rejection, SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io";
import { Refusal } from "../identity/index.js";
import type { Desk, SiteLink } from "./types.js";
import { MessageWindow, PENDING_MESSAGES } from "./window.js";

export interface ConnectionParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly desk: Desk;
  /** Notes in the audit log what a site was refused. */
  readonly refused: (what: SiteMessageName | "message", site: string, rejection: Rejection) => Promise<void>;
}

/**
 * Serves one connection: every message is counted, checked and answered, one after the other in the order of arrival,
 * whatever comes in.
 */
export function serveConnection(parts: ConnectionParts, socket: Socket, site: string): SiteLink {
  const link = siteLink(socket, site);
  const window = new MessageWindow();
  let pending = 0;
  let line: Promise<void> = parts.desk.connected(link).catch((error: unknown) => {
    parts.logger.error("a connection could not be noted", { site, error });
    link.close("COORDINATOR_BUSY");
  });
  socket.onAny((event: unknown, ...values: unknown[]) => {
    const acknowledge = values.pop();
    // Without an acknowledgement nobody waits for an answer: there is nothing to say, and nothing to do.
    if (typeof acknowledge !== "function") return;
    const reply = acknowledge as (answer: Answer<SiteMessageName>) => void;
    if (!window.admit(parts.clock.now()) || pending >= PENDING_MESSAGES) {
      reply({ ok: false, rejection: { code: "RATE_LIMITED" } });
      return;
    }
    pending += 1;
    line = line.then(async () => {
      reply(await answer(parts, link, event, values));
      pending -= 1;
    });
  });
  socket.on("disconnect", () => {
    line = line
      .then(() => parts.desk.disconnected(link))
      .catch((error: unknown) => {
        parts.logger.error("a disconnection could not be noted", { site, error });
      });
  });
  socket.on("error", (error) => {
    parts.logger.debug("a connection failed", { site, error });
  });
  return link;
}

async function answer(
  parts: ConnectionParts,
  link: SiteLink,
  event: unknown,
  values: readonly unknown[],
): Promise<Answer<SiteMessageName>> {
  const known = typeof event === "string" && Object.hasOwn(SITE_MESSAGES, event);
  const name = known ? (event as SiteMessageName) : undefined;
  try {
    const parsed = name === undefined || values.length !== 1 ? undefined : SITE_MESSAGES[name].safeParse(values[0]);
    if (name === undefined || parsed?.success !== true) throw new Refusal("MESSAGE_MALFORMED");
    const payload = parsed.data as SiteMessage<SiteMessageName>;
    return { ok: true, value: await parts.desk.answer(link, name, payload) };
  } catch (error) {
    if (!(error instanceof Refusal))
      parts.logger.error("a message could not be answered", { site: link.site, name, error });
    const rejection: Rejection = error instanceof Refusal ? error.rejection : { code: "COORDINATOR_BUSY" };
    await parts.refused(name ?? "message", link.site, rejection);
    return { ok: false, rejection };
  }
}

function siteLink(socket: Socket, site: string): SiteLink {
  return {
    site,
    send: (name, payload) => {
      socket.emit(name, payload);
    },
    close: (code: RejectCode) => {
      socket.emit("goodbye", { code });
      socket.disconnect(true);
    },
  };
}

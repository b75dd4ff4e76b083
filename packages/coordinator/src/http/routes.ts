import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "@fedace/ace-core/foundation";
import { joinRequestSchema } from "@fedace/ace-core/protocol";
import type { JoinAnswer, Rejection } from "@fedace/ace-core/protocol";
import { join, Refusal } from "../identity/index.js";
import type { JoinParts } from "../identity/index.js";
import { readJson } from "./body.js";

/** HTTP status of a refused join: what a proxy or a person with curl sees; the code says more. */
const REFUSED = 403;
const MALFORMED = 400;
const UNAVAILABLE = 503;

interface RoutesParts extends JoinParts {
  readonly logger: Logger;
  /** Notes a refusal in the audit log. */
  readonly refused: (what: "join", site: string | undefined, rejection: Rejection) => Promise<void>;
}

/** Handles plain requests: `GET /healthz` for monitors, `POST /v1/join` for sites. Everything else is 404. */
export function createRoutes(parts: RoutesParts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "/";
    if (request.method === "GET" && path === "/healthz") {
      answer(response, 200, { status: "ok" });
    } else if (request.method === "POST" && path === "/v1/join") {
      void answerJoin(parts, request, response);
    } else {
      answer(response, 404, { error: "not found" });
    }
  };
}

async function answerJoin(parts: RoutesParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: unknown;
  try {
    body = await readJson(request);
    const site = await join(parts, body);
    answer(response, 200, { ok: true, value: { site, time: parts.clock.now() } } satisfies JoinAnswer);
  } catch (error) {
    const rejection: Rejection = error instanceof Refusal ? error.rejection : { code: "COORDINATOR_BUSY" };
    if (error instanceof Refusal) await note(parts, body, rejection);
    else parts.logger.error("a request to join failed", { error });
    const status =
      rejection.code === "COORDINATOR_BUSY"
        ? UNAVAILABLE
        : rejection.code === "MESSAGE_MALFORMED"
          ? MALFORMED
          : REFUSED;
    answer(response, status, { ok: false, rejection } satisfies JoinAnswer);
  }
}

async function note(parts: RoutesParts, body: unknown, rejection: Rejection): Promise<void> {
  const claimed = joinRequestSchema.shape.site.safeParse((body as { site?: unknown } | null | undefined)?.site);
  try {
    await parts.refused("join", claimed.data, rejection);
  } catch (error) {
    parts.logger.error("a refusal could not be noted", { error });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", connection: "close" });
  response.end(JSON.stringify(body));
}

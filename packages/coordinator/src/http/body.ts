import type { IncomingMessage } from "node:http";
import { LIMITS } from "@fedace/ace-core/protocol";

/** A request's body as JSON; undefined where it is longer than {@link LIMITS.requestBytes} or no JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.byteLength;
    if (bytes > LIMITS.requestBytes) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts))) as unknown;
  } catch {
    return undefined;
  }
}

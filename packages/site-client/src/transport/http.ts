import { request as requestPlain } from "node:http";
import type { Agent } from "node:http";
import { request as requestSecure } from "node:https";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Address } from "@fedace/ace-core/host";

/** An HTTP answer; the body is cut off at {@link LIMITS.requestBytes}. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The server's clock from the Date header, Unix milliseconds; NaN where there is none. */
  readonly date: number;
}

/**
 * Posts JSON and reads the answer.
 *
 * @param timeoutMs of the whole exchange, milliseconds
 * @throws what the connection failed with, to be explained by `networkFailure`
 */
export function postJson(
  address: Address,
  path: string,
  body: unknown,
  agent: Agent,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = (address.secure ? requestSecure : requestPlain)(
      {
        agent,
        host: address.host,
        port: address.port,
        path: `${address.prefix}${path}`,
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        let received = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          received += part;
          if (received.length > LIMITS.requestBytes) request.destroy(new Error("Parse Error: the answer is too long"));
        });
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: received, date: Date.parse(response.headers.date ?? "") });
        });
      },
    );
    request.on("error", (error) => {
      reject(error.name === "AbortError" ? Object.assign(new Error("timeout"), { code: "ETIMEDOUT" }) : error);
    });
    request.end(text);
  });
}

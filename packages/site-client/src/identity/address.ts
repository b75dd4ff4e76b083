import { siteError } from "../errors.js";

/** A coordinator's address, as the transport needs it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Path before the coordinator's own, without a slash at its end: empty unless a proxy puts one there. */
  readonly prefix: string;
}

/** Whether traffic to this host stays on the machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Splits a coordinator's URL. Plain http is for loopback only: anything else would show weights to the network.
 *
 * @throws INVITATION_INVALID
 */
export function checkAddress(text: string): Address {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "https:";
  if (!secure && url.protocol !== "http:") {
    throw siteError("INVITATION_INVALID", `The coordinator's address ${text} is neither https nor http.`);
  }
  if (!secure && !isLoopback(host)) {
    throw siteError("INVITATION_INVALID", `The coordinator's address ${text} is plain http to another machine.`, {
      remedy: "Ask the operator for an invitation with an https address.",
    });
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw siteError("INVITATION_INVALID", `The coordinator's address ${text} has more than host, port and path.`);
  }
  return {
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
    prefix: url.pathname.replace(/\/+$/, ""),
  };
}

import { isIP } from "node:net";
import { coordinatorError } from "../errors.js";

/** The coordinator's URL taken apart. */
export interface CoordinatorUrl {
  readonly url: string;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly loopback: boolean;
}

/**
 * Reads the address at which sites reach the coordinator.
 *
 * @throws URL_INVALID, URL_INSECURE
 */
export function coordinatorUrl(text: string): CoordinatorUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw coordinatorError("URL_INVALID", `"${text}" is not an https URL.`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw coordinatorError("URL_INVALID", `"${text}" has more than a host, a port and a path.`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "https:";
  const loopback = isLoopback(host);
  if (!secure && !loopback) throw coordinatorError("URL_INSECURE", `${text} is plain http to another machine.`);
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { url: url.href.replace(/\/$/, ""), secure, host, port, loopback };
}

/** The same URL with another port. */
export function withPort(url: CoordinatorUrl, port: number): string {
  const changed = new URL(url.url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, "");
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

import { parseAddress } from "@fedace/ace-core/host";
import type { Address } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";

/**
 * Reads the address at which sites reach the coordinator.
 *
 * @throws URL_INVALID, URL_INSECURE
 */
export function coordinatorUrl(text: string): Address {
  const address = parseAddress(text);
  switch (address) {
    case "scheme":
      throw coordinatorError("URL_INVALID", `"${text}" is not an https URL.`);
    case "surplus":
      throw coordinatorError("URL_INVALID", `"${text}" has more than a host, a port and a path.`);
    case "insecure":
      throw coordinatorError("URL_INSECURE", `${text} is plain http to another machine.`);
    default:
      return address;
  }
}

/** The same URL with another port. */
export function withPort({ url }: Address, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, "");
}

import { isFedaceError } from "@fedace/ace-core/foundation";
import type { FedaceError } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";
import type { Address } from "@fedace/ace-core/host";
import type { Tunnel } from "./proxy.js";
import { FINGERPRINT_DIFFERS, shownFingerprint } from "./tls.js";
import type { Trust } from "./tls.js";

/** How long the look at a wrong certificate may take, milliseconds; it serves the message only. */
const LOOK_TIMEOUT_MS = 5000;

const CERTIFICATE_CODES = new Set([
  FINGERPRINT_DIFFERS,
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** The right certificate at the wrong time, if the clock is right. */
const VALIDITY_CODES = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

/** What an error says inside: socket.io and Happy Eyeballs wrap the one that tells. */
interface Innermost {
  readonly code: string;
  readonly message: string;
  /** An error that needs no more explaining. */
  readonly known?: FedaceError;
}

function innermost(error: unknown): Innermost {
  let code = "";
  let message = "";
  const queue: unknown[] = [error];
  for (let looked = 0; queue.length > 0 && looked < 16; looked++) {
    const value = queue.shift();
    if (typeof value !== "object" || value === null) continue;
    if (isFedaceError(value)) return { code: value.code, message: value.message, known: value };
    const { code: own, message: text, cause, error: inner, description, errors } = value as Record<string, unknown>;
    if (typeof own === "string" && own !== "") code = own;
    if (typeof text === "string" && text !== "") message = text;
    queue.push(cause, inner, description, ...(Array.isArray(errors) ? (errors as unknown[]) : []));
  }
  return { code, message };
}

/** Where a connection was to go, for messages. */
export function placeOf(address: Address): string {
  return `${address.host} port ${address.port}`;
}

/**
 * Says what a failed connection means for a person.
 *
 * @returns an error with one of the COORDINATOR_… codes of the network family
 */
export async function networkFailure(
  error: unknown,
  address: Address,
  trust: Trust,
  tunnel?: Tunnel,
): Promise<FedaceError> {
  const { code, message, known } = innermost(error);
  if (known !== undefined) return known;
  const place = placeOf(address);
  const init = { cause: error, fields: { host: address.host, port: address.port, reason: code } };
  if (CERTIFICATE_CODES.has(code)) return certificateFailure(code, address, trust, { ...init, tunnel });
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
      return siteError("COORDINATOR_NOT_FOUND", `The name ${address.host} cannot be resolved (${code}).`, init);
    case "ECONNREFUSED":
      return siteError("COORDINATOR_REFUSED", `Nothing listens at ${place}.`, init);
    case "ETIMEDOUT":
    case "ESOCKETTIMEDOUT":
      return siteError("COORDINATOR_TIMEOUT", `${place} did not answer in time.`, init);
  }
  if (code.startsWith("ERR_SSL") || code === "EPROTO" || code.startsWith("ERR_TLS")) {
    return siteError("COORDINATOR_TLS", `No secure connection with ${place}: ${tlsReason(message)}.`, init);
  }
  if (/^(timeout|.*timed out.*)$/.test(message)) {
    return siteError("COORDINATOR_TIMEOUT", `${place} did not answer in time.`, init);
  }
  if (/Unexpected server response|socket hang up|Parse Error|Invalid Sec-WebSocket/.test(message)) {
    return siteError("COORDINATOR_FOREIGN", `What answers at ${place} is not a FedACE coordinator: ${message}.`, init);
  }
  const reason = code === "" ? message : `${code}: ${message}`;
  return siteError("COORDINATOR_UNREACHABLE", `No connection with ${place} (${reason}).`, init);
}

/** What an error of OpenSSL says, without its numbers and places: `wrong version number` is a server without TLS. */
function tlsReason(message: string): string {
  if (/wrong version number|packet length too long|http request/i.test(message)) return "it does not speak TLS";
  const parts = message.trim().split(":");
  const at = parts.findIndex((part) => part.trim() === "SSL routines");
  return at < 0 ? message.trim() : (parts[at + 2] ?? message.trim());
}

async function certificateFailure(
  code: string,
  address: Address,
  trust: Trust,
  { tunnel, ...init }: { cause: unknown; fields: Record<string, string | number>; tunnel: Tunnel | undefined },
): Promise<FedaceError> {
  const place = placeOf(address);
  // Behind a proxy there is no second look.
  const shown = tunnel === undefined ? await shownFingerprint(address, LOOK_TIMEOUT_MS) : undefined;
  if (trust.mode === "pinned" && shown !== trust.fingerprint && !VALIDITY_CODES.has(code)) {
    return siteError(
      "COORDINATOR_CERTIFICATE",
      `The server at ${place} shows ${shown === undefined ? "another certificate" : `the certificate ${shown}`}, the invitation pins ${trust.fingerprint}.`,
      { ...init, fields: { ...init.fields, shown: shown ?? "", pinned: trust.fingerprint } },
    );
  }
  const remedy = VALIDITY_CODES.has(code)
    ? "Check this machine's clock; if it is right, the operator must renew the certificate."
    : "Check the address with the operator; a proxy that opens TLS connections needs its authority in NODE_EXTRA_CA_CERTS.";
  return siteError(
    "COORDINATOR_TLS",
    `The certificate of ${place} (SHA-256 ${shown ?? "unknown"}) is not accepted: ${code}.`,
    { ...init, remedy },
  );
}

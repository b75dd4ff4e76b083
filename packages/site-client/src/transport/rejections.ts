import { errorFactory } from "@fedace/ace-core/foundation";
import type { ErrorEntry, FedaceError } from "@fedace/ace-core/foundation";
import { LIMITS, PROTOCOL_VERSION, REJECT_CODES, rejectionSchema } from "@fedace/ace-core/protocol";
import type { RejectCode, Rejection } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";

/** `"The cause: the remedy."` of the wire's catalogue, as an entry of an error catalogue. */
function entryOf(text: string): ErrorEntry {
  const [cause, ...remedy] = text.split(": ");
  const next = remedy.join(": ");
  return {
    exit: "refused",
    cause: cause ?? text,
    remedy: next === "" ? "Ask the operator." : `${next.charAt(0).toUpperCase()}${next.slice(1)}`,
  };
}

/** What the coordinator's refusals mean for a person. */
export const REJECTIONS = Object.fromEntries(
  Object.entries(REJECT_CODES).map(([code, text]) => [code, entryOf(text)]),
) as Record<RejectCode, ErrorEntry>;
const rejected = errorFactory(REJECTIONS);

const UPDATE_CLIENT = "Update this client: the coordinator is newer.";
const UPDATE_COORDINATOR =
  "Ask the operator to update the coordinator, which is older, or install a client of its version.";

/** A refusal that another connection cannot mend: the site's process ends with it. */
const FATAL: ReadonlySet<string> = new Set<RejectCode>([
  "PROTOCOL_VERSION",
  "TOKEN_MALFORMED",
  "TOKEN_SIGNATURE",
  "TOKEN_AUDIENCE",
  "SITE_UNKNOWN",
  "SITE_REVOKED",
]);

export function isFatal(code: string): boolean {
  return FATAL.has(code);
}

/**
 * What a refusal of the coordinator means for a person.
 *
 * @param now this machine's Unix time in milliseconds, for refusals that are about the clock
 */
export function rejectionError(rejection: Rejection, now: number): FedaceError {
  const { code, expected } = rejection;
  if (code === "PROTOCOL_VERSION") {
    const theirs = expected === undefined ? "another version" : `version ${expected}`;
    return siteError(
      "COORDINATOR_PROTOCOL",
      `This client speaks version ${PROTOCOL_VERSION} of the protocol, the coordinator ${theirs}.`,
      expected === undefined ? {} : { remedy: expected > PROTOCOL_VERSION ? UPDATE_CLIENT : UPDATE_COORDINATOR },
    );
  }
  const clockCodes: readonly string[] = ["CLOCK_SKEW", "TOKEN_EXPIRED", "TOKEN_NOT_YET_VALID"];
  if (clockCodes.includes(code) && expected !== undefined && isClockOff(now, expected))
    return clockError(now, expected);
  return rejected(code, `The coordinator refuses: ${REJECTIONS[code].cause}.`, {
    fields: { code, ...(rejection.offset === undefined ? {} : { offset: rejection.offset }) },
  });
}

/** Whether two clocks, in Unix milliseconds, differ by more than signed tokens bear. */
export function isClockOff(here: number, there: number): boolean {
  return Math.abs(here - there) > LIMITS.clockSkewSeconds * 1000;
}

/** Names both times and how far apart they are. */
export function clockError(here: number, there: number): FedaceError {
  const seconds = Math.round(Math.abs(here - there) / 1000);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const span = parts.flatMap(([value, unit]) => (value > 0 ? [`${value} ${unit}`] : [])).join(" ");
  return siteError(
    "CLOCK_OFF",
    `This machine's clock says ${new Date(here).toISOString()}, the coordinator's ${new Date(there).toISOString()}: ` +
      `this machine is ${span} ${here > there ? "ahead" : "behind"}.`,
    { fields: { here, there } },
  );
}

/** The rejection in something a coordinator sent, if there is one. */
export function readRejection(value: unknown): Rejection | undefined {
  const parsed = rejectionSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

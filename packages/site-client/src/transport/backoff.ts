import type { Random } from "@fedace/ace-core/foundation";

/** First delay, milliseconds: a coordinator that restarts is back within seconds. */
const FIRST_DELAY_MS = 500;
/** Longest delay, milliseconds: a site is back within a minute after an outage of any length. */
export const LONGEST_DELAY_MS = 60_000;

/**
 * How long to wait before the next attempt, milliseconds: doubling from {@link FIRST_DELAY_MS} to
 * {@link LONGEST_DELAY_MS}, half of it at random so that sites do not all come back at the same moment.
 *
 * @param attempt failed attempts so far, from 1
 */
export function backoffMs(attempt: number, random: Pick<Random, "uniform">): number {
  const span = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30));
  return span / 2 + (span / 2) * random.uniform();
}

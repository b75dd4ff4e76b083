import type { Random } from "@fedace/ace-core/foundation";

/** First delay, milliseconds: a coordinator that restarts is back within seconds. */
const FIRST_DELAY_MS = 500;
/** Longest delay, milliseconds: a site is back within a minute after an outage of any length. */
export const LONGEST_DELAY_MS = 60_000;

/**
 * First and longest delay after another client with this site's key took the connection over, milliseconds: each of two
 * that come back pushes the other out, and an upload may be under way.
 */
const DISPLACED_MS = { first: 30_000, longest: 600_000 } as const;

/** How long to wait before coming back, milliseconds, half of it at random; `times` that it was taken over, from 1. */
export function displacedMs(times: number, random: Pick<Random, "uniform">): number {
  return delayMs(times, DISPLACED_MS, random);
}

/**
 * How long to wait before the next attempt, milliseconds: doubling from {@link FIRST_DELAY_MS} to
 * {@link LONGEST_DELAY_MS}, half of it at random so that sites do not all come back at the same moment.
 *
 * @param attempt failed attempts so far, from 1
 */
export function backoffMs(attempt: number, random: Pick<Random, "uniform">): number {
  return delayMs(attempt, { first: FIRST_DELAY_MS, longest: LONGEST_DELAY_MS }, random);
}

function delayMs(
  attempt: number,
  { first, longest }: { readonly first: number; readonly longest: number },
  random: Pick<Random, "uniform">,
): number {
  const span = Math.min(longest, first * 2 ** Math.min(attempt - 1, 30));
  return span / 2 + (span / 2) * random.uniform();
}

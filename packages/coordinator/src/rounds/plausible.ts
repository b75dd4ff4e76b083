/**
 * Largest change that one round can make to the weights, as a multiple of the weights' own L2 norm. Ten steps of SGD at
 * rate .1 change a fresh `small` network by .03 to .09 of it (measured); 2 is divergence or malice, never training.
 */
export const OF_MODEL = 2;

/** Largest change as a multiple of what the counted updates of the rounds before have made: see {@link largestChange}. */
export const OF_PAST = 10;

/** Rounds that tell what is usual: the rate may fall over a run, and with it the changes. */
export const PAST_ROUNDS = 5;

/**
 * Largest L2 norm of an update's difference from its model that can be training.
 *
 * @param modelNorm L2 norm of the model the round started from.
 * @param past norms of the counted updates of the last {@link PAST_ROUNDS} rounds, of all sites. Their lower median
 *   counts, so that a minority of sites cannot widen the bound from round to round.
 */
export function largestChange(modelNorm: number, past: readonly number[]): number {
  const scale = OF_MODEL * modelNorm;
  const sorted = [...past].sort((a, b) => a - b);
  const usual = sorted[Math.floor((sorted.length - 1) / 2)];
  return usual === undefined || usual === 0 ? scale : Math.min(scale, OF_PAST * usual);
}

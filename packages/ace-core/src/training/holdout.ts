import { seededRandom } from "../foundation/index.js";

/** Cases that must be left to train on. */
const FEWEST_FOR_TRAINING = 2;

/**
 * Keeps a share of the cases back to score models on, the same ones every time.
 *
 * @param fraction share kept back, rounded to whole cases; none of fewer than 3 cases, and 2 always stay.
 * @param seed of the plan.
 */
export function splitHoldout<T>(
  cases: readonly T[],
  fraction: number,
  seed: number,
): { readonly training: T[]; readonly heldBack: T[] } {
  const count = Math.min(Math.round(cases.length * fraction), Math.max(0, cases.length - FEWEST_FOR_TRAINING));
  const random = seededRandom(seed).fork("holdout");
  const order = cases.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  const kept = new Set(order.slice(0, count));
  return { training: cases.filter((_, i) => !kept.has(i)), heldBack: cases.filter((_, i) => kept.has(i)) };
}

import { at } from "./array.js";
import type { Numbers } from "./array.js";

/** Log of a sum of exponentials with the probabilities that go with it. */
interface SoftmaxOver {
  /** log Σ exp(z_k) over the set */
  readonly logSum: number;
  /** Softmax restricted to the set: 0 outside. */
  readonly probabilities: readonly number[];
}

/**
 * Softmax of the `classes` logits from `offset` on over the classes of `set` only, the set's own maximum subtracted:
 * nothing overflows, and a set that holds all mass comes out as exactly 1.
 */
export function softmaxOver(logits: Numbers, offset: number, classes: number, set: number): SoftmaxOver {
  const inside = (k: number): boolean => ((set >>> k) & 1) === 1;
  let maximum = -Infinity;
  for (let k = 0; k < classes; k++) if (inside(k)) maximum = Math.max(maximum, at(logits, offset + k));
  const exponentials = Array.from({ length: classes }, (_, k) =>
    inside(k) ? Math.exp(at(logits, offset + k) - maximum) : 0,
  );
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return { logSum: maximum + Math.log(sum), probabilities: exponentials.map((value) => value / sum) };
}

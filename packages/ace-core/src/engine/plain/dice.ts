import { DICE_TARGET, diceTargets } from "../ops/targets.js";
import type { LossAndGradient } from "./ace.js";
import { add, at } from "./array.js";
import type { Numbers } from "./array.js";
import { softmaxOver } from "./softmax.js";

/** Added to numerator and denominator, so that a batch without the class costs only what is found in it. */
const DICE_SMOOTHING = 1;

/**
 * Marginal soft Dice: 1 − mean over foreground sets C of (2 Σ P g + 1) / (Σ P + Σ g + 1), where P is the softmax
 * summed over C and g whether the label lies inside C; voxels whose label does not tell are left out of C's sums.
 *
 * @param logits `[voxels, classes]`
 * @param labels `[voxels]`, index into `sets`.
 * @param sets class sets as bit masks.
 * @param foreground label indices whose sets are scored; none gives 0.
 */
export function marginalDiceForwardBackward(
  logits: Numbers,
  labels: ArrayLike<number>,
  sets: readonly number[],
  foreground: readonly number[],
  classes: number,
): LossAndGradient {
  const voxels = labels.length;
  const groups = foreground.length;
  const gradient = new Float64Array(voxels * classes);
  if (groups === 0) return { loss: 0, gradient };
  const targets = diceTargets(sets, foreground);
  const inside = (f: number, k: number): number => (at(sets, at(foreground, f)) >>> k) & 1;
  const softmax = Array.from(
    { length: voxels },
    (_, i) => softmaxOver(logits, i * classes, classes, 2 ** classes - 1).probabilities,
  );
  const merged = softmax.map((p) =>
    foreground.map((_, f) => p.reduce((sum, value, k) => sum + value * inside(f, k), 0)),
  );

  const overlap = new Float64Array(groups).fill(DICE_SMOOTHING);
  const total = new Float64Array(groups).fill(DICE_SMOOTHING);
  merged.forEach((probabilities, i) => {
    probabilities.forEach((probability, f) => {
      const target = at(targets, at(labels, i) * groups + f);
      if (target === DICE_TARGET.untold) return;
      add(overlap, f, 2 * probability * target);
      add(total, f, probability + target);
    });
  });

  merged.forEach((probabilities, i) => {
    probabilities.forEach((probability, f) => {
      const target = at(targets, at(labels, i) * groups + f);
      if (target === DICE_TARGET.untold) return;
      const slope = -(2 * target * at(total, f) - at(overlap, f)) / (at(total, f) ** 2 * groups);
      softmax[i]?.forEach((p, k) => {
        add(gradient, i * classes + k, slope * p * (inside(f, k) - probability));
      });
    });
  });
  const dice = foreground.reduce((sum, _, f) => sum + at(overlap, f) / at(total, f), 0) / groups;
  return { loss: 1 - dice, gradient };
}

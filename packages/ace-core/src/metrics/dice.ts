import { IGNORE } from "./masks.js";
import type { MaskPair } from "./masks.js";

/**
 * Dice coefficient 2|P ∩ T| / (|P| + |T|) of each class (Dice, Ecology 1945), from two label volumes.
 *
 * Empty masks: if a class is in neither volume, its Dice is not defined and comes back as null, to be left out of
 * means; if it is in one of them only, it is 0.
 *
 * @param prediction class index of each voxel.
 * @param truth class index of each voxel; {@link IGNORE} leaves the voxel out, any other number that is no class counts
 * as "none of the classes".
 * @returns one value per class, from index 0.
 */
export function diceTable(prediction: ArrayLike<number>, truth: ArrayLike<number>, classes: number): (number | null)[] {
  if (prediction.length !== truth.length) throw new RangeError("prediction and truth have different sizes");
  const both = new Float64Array(256);
  const predicted = new Float64Array(256);
  const labelled = new Float64Array(256);
  for (let i = 0; i < truth.length; i++) {
    const [p, t] = [prediction[i] ?? 0, truth[i] ?? 0];
    if (t === IGNORE) continue;
    predicted[p] = (predicted[p] ?? 0) + 1;
    labelled[t] = (labelled[t] ?? 0) + 1;
    if (p === t) both[p] = (both[p] ?? 0) + 1;
  }
  return Array.from({ length: classes }, (_, k) => {
    const sum = (predicted[k] ?? 0) + (labelled[k] ?? 0);
    return sum === 0 ? null : (2 * (both[k] ?? 0)) / sum;
  });
}

/** Dice of two masks; the rules for empty masks are those of {@link diceTable}. */
export function dice({ prediction, truth }: MaskPair): number | null {
  return diceTable(prediction, truth, 2)[1] ?? null;
}

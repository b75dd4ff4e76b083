import type { MaskPair, SpacingMm } from "./masks.js";

/** Volume of a class in mL. */
export function volumeMl(labels: Uint8Array, value: number, spacing: SpacingMm): number {
  return (count(labels, value) * spacing[0] * spacing[1] * spacing[2]) / 1000;
}

/** Volume of a mask in mL. */
export function maskMl(mask: Uint8Array, spacing: SpacingMm): number {
  return volumeMl(mask, 1, spacing);
}

/** Predicted minus true volume, in percent of the true one; null where there is none. */
export function volumeDifferencePercent({ prediction, truth }: Pick<MaskPair, "prediction" | "truth">): number | null {
  const [predicted, labelled] = [count(prediction, 1), count(truth, 1)];
  return labelled === 0 ? null : (100 * (predicted - labelled)) / labelled;
}

function count(labels: Uint8Array, value: number): number {
  let sum = 0;
  for (const label of labels) if (label === value) sum++;
  return sum;
}

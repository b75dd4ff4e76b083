/** Side lengths of a voxel in mm, in the order of the volume's axes. */
export type SpacingMm = readonly [number, number, number];

/** Volume of a class in mL. */
export function volumeMl(labels: Uint8Array, value: number, spacing: SpacingMm): number {
  let count = 0;
  for (const label of labels) if (label === value) count++;
  return (count * spacing[0] * spacing[1] * spacing[2]) / 1000;
}

/** Predicted minus true volume of a class in mL. Absolute, so it is defined for empty masks too. */
export function volumeDifferenceMl(
  prediction: Uint8Array,
  truth: Uint8Array,
  value: number,
  spacing: SpacingMm,
): number {
  return volumeMl(prediction, value, spacing) - volumeMl(truth, value, spacing);
}

/** Value of a truth volume that leaves a voxel out of every count. */
export const IGNORE = 255;

/** Size of a volume in voxels, in the order of its axes, the last one contiguous. */
export type Size = readonly [number, number, number];

/** Side lengths of a voxel in mm, in the order of the volume's axes. */
export type SpacingMm = readonly [number, number, number];

/** Two masks on one grid, 1 inside, 0 outside. */
export interface MaskPair {
  readonly prediction: Uint8Array;
  readonly truth: Uint8Array;
  readonly size: Size;
  readonly spacing: SpacingMm;
}

/** The masks of one class in two label volumes; voxels whose truth is {@link IGNORE} are in neither. */
export function masksOf({ prediction, truth, ...grid }: MaskPair, k: number): MaskPair {
  return {
    prediction: prediction.map((value, i) => (value === k && truth[i] !== IGNORE ? 1 : 0)),
    truth: truth.map((value) => (value === k ? 1 : 0)),
    ...grid,
  };
}

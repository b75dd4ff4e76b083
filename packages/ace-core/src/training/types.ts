import type { ImageFigures } from "../protocol/index.js";

/**
 * One case as training sees it: resampled, normalised, in memory. Axes are depth, height, width = S, A, R of the scan,
 * which is the memory order of NIfTI.
 */
export interface TrainingCase {
  /** A local number; never the subject's name. */
  readonly index: number;
  /** `[depth, height, width]` in voxels. */
  readonly size: readonly [number, number, number];
  /** Of the network: its images, and where some may be missing a plane for each that is 1 in the brain if it is there. */
  readonly channels: number;
  /** `[depth, height, width, channels]`, z-scored inside the brain, 0 outside. */
  readonly image: Float32Array;
  /** `[depth, height, width]`, index of the label value in the site's label map. */
  readonly labels: Uint8Array;
  /** What its images look like. */
  readonly figures?: ImageFigures;
}

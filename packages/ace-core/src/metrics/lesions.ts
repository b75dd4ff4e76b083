import { connectedRegions } from "../labels/index.js";
import type { MaskPair } from "./masks.js";

/** Lesions of a reference and of a prediction, and how many of each are found in the other one. */
interface Matched {
  readonly lesions: number;
  readonly found: number;
  readonly predicted: number;
  readonly true: number;
}

/** Three numbers follow from one matching, which is the work. */
const matched = new WeakMap<MaskPair, Matched>();

/**
 * A lesion is a connected region of 26 neighbours. One of the reference is found if any of its voxels is predicted, a
 * predicted one is true if any of its voxels is in the reference: one large region may find several lesions, and several
 * pieces may all be true.
 */
function match(masks: MaskPair): Matched {
  const known = matched.get(masks);
  if (known !== undefined) return known;
  const { prediction, truth, size } = masks;
  const count = size[0] * size[1] * size[2];
  if (prediction.length !== count || truth.length !== count) throw new RangeError("masks and size do not fit");
  const [lesions, pieces] = [truth, prediction].map((mask) => connectedRegions(size, (voxel) => mask[voxel] !== 0));
  const touching = (regions: readonly Uint32Array[] = [], other: Uint8Array): number =>
    regions.filter((region) => region.some((voxel) => other[voxel] !== 0)).length;
  const result = {
    lesions: lesions?.length ?? 0,
    found: touching(lesions, prediction),
    predicted: pieces?.length ?? 0,
    true: touching(pieces, truth),
  };
  matched.set(masks, result);
  return result;
}

/** Share of the reference's lesions that are found; null where it has none. */
export function lesionRecall(masks: MaskPair): number | null {
  const { lesions, found } = match(masks);
  return lesions === 0 ? null : found / lesions;
}

/** Share of the predicted lesions that are true; null where none is predicted. */
export function lesionPrecision(masks: MaskPair): number | null {
  const { predicted, true: hits } = match(masks);
  return predicted === 0 ? null : hits / predicted;
}

/** Harmonic mean of recall and precision: null where both masks are empty, 0 where one is or nothing touches. */
export function lesionF1(masks: MaskPair): number | null {
  const [recall, precision] = [lesionRecall(masks), lesionPrecision(masks)];
  if (recall === null && precision === null) return null;
  const sum = (recall ?? 0) + (precision ?? 0);
  return sum === 0 ? 0 : (2 * (recall ?? 0) * (precision ?? 0)) / sum;
}

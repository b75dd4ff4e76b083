import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { seededRandom } from "@fedace/ace-core/foundation";
import type { Grid } from "./grid.js";
import { writeNifti } from "./nifti/index.js";

/** 6 × 5 × 4 voxels of 2 mm, RAS. */
export const SMALL_GRID: Grid = { size: [6, 5, 4], affine: [2, 0, 0, -5, 0, 2, 0, -4, 0, 0, 2, -3] };

const VOXELS = 6 * 5 * 4;

/** An image that is 0 in its first slice and noise elsewhere. */
export function smallImage(seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: VOXELS }, (_, v) => (v < 30 ? 0 : 100 + 10 * random.normal()));
}

/** Labels that take the given values in turn, 0 in the first slice. */
export function smallLabels(values: readonly number[]): Float32Array {
  return Float32Array.from({ length: VOXELS }, (_, v) => (v < 30 ? 0 : (values[v % values.length] ?? 0)));
}

/** Writes one volume of an archive, its folders included. */
export async function writeVolume(
  dir: string,
  path: string,
  data: Float32Array,
  grid: Grid = SMALL_GRID,
): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeNifti(join(dir, path), { grid, data, type: "float32" });
}

/** Writes T1w, FLAIR and labels of one subject (`sub-…`) or session (`sub-…/ses-…`). */
export async function writeCase(dir: string, name: string, values: readonly number[] = [0, 1]): Promise<void> {
  const base = name.replace("/", "_");
  await writeVolume(dir, `${name}/anat/${base}_T1w.nii.gz`, smallImage(1));
  await writeVolume(dir, `${name}/anat/${base}_FLAIR.nii.gz`, smallImage(2));
  await writeVolume(dir, `derivatives/labels/${name}/anat/${base}_dseg.nii.gz`, smallLabels(values));
}

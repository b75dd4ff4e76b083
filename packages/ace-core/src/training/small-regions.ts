import { connectedRegions } from "../labels/index.js";
import type { Plan } from "../protocol/index.js";
import type { Triple } from "./geometry.js";
import { argmax } from "./sliding-window.js";

/** What of a plan says how large a region has to be. */
type Sizes = Pick<Plan, "classes" | "spacing" | "smallest">;

/** Per class of the plan, the fewest voxels at its spacing that a region must have; undefined where the plan asks for none. */
export function fewestVoxels({ classes, spacing, smallest }: Sizes): readonly number[] | undefined {
  if (smallest === undefined) return undefined;
  const millilitres = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  return classes.map((name) => (smallest[name] ?? 0) / millilitres);
}

/**
 * Takes stray voxels of lesions out of class probabilities, in place. Of the classes that have a limit, the voxels where one
 * of them is the most probable are gathered into connected regions, whatever mixture of these classes each is; in a
 * region with fewer voxels than each of its classes asks for, these classes get the probability 0 and what is next
 * takes their place. (The rest of a row is not scaled up: only its order counts.) As nnU-Net's removal of small components
 * does (Isensee et al., Nature Methods 2021), but with limits that the plan states.
 *
 * @param probabilities `[depth, height, width, classes]`
 * @param fewest per class, voxels; 0 is no limit
 */
export function dropSmallRegions(probabilities: Float32Array, size: Triple, fewest: readonly number[]): void {
  const classes = fewest.length;
  const limited = fewest.flatMap((voxels, k) => (voxels > 0 ? [k] : []));
  const labels = argmax(probabilities, classes);
  for (const region of connectedRegions(size, (voxel) => (fewest[labels[voxel] ?? 0] ?? 0) > 0)) {
    const limits = new Set(Array.from(region, (voxel) => fewest[labels[voxel] ?? 0] ?? 0));
    if (region.length >= Math.min(...limits)) continue;
    for (const voxel of region) for (const k of limited) probabilities[voxel * classes + k] = 0;
  }
}

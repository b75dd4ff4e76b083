import { siteError } from "../errors.js";
import type { Grid, Volume } from "./nifti/index.js";
import { brainMask, normaliseInto, type BrainMask } from "./normalise.js";
import { rasGrid, toRas } from "./orientation.js";
import { resampleLinear, resampleNearest, resampledGrid, type Spacing } from "./resample.js";

/** Voxels of one prepared image: a head of 25 cm at 0.5 mm. Fine spacings would make much of thick slices otherwise. */
export const MAX_PREPARED_VOXELS = 512 ** 3;

/** The images of one head as the network sees them; training and prediction share this and nothing else. */
export interface PreparedImages {
  /** RAS, with the plan's spacing. */
  readonly grid: Grid;
  /** `[S, A, R, channels]`: z-scored inside the brain, 0 outside. */
  readonly image: Float32Array;
  /** The brain on `grid`. */
  readonly mask: Uint8Array;
  /** The brain on the images' own grid, in their own voxel order. */
  readonly brain: BrainMask;
}

/**
 * Brings images that share a grid to RAS and to `spacing` (mm along R, A, S; linear), and normalises each inside the
 * brain.
 * @param images in the order of the network's channels; the first one tells the brain from its zero surroundings
 * @param names what to call them in messages
 * @param mask not 0 inside the brain, on the same grid
 * @throws CASE_BLANK, CASE_TOO_LARGE
 */
export function prepareImages(
  images: readonly Volume[],
  names: readonly string[],
  spacing: Spacing,
  mask?: Volume,
): PreparedImages {
  const [first] = images;
  if (first === undefined) throw new RangeError("there is no image to prepare");
  const source = first.grid;
  const ras = rasGrid(source);
  const grid = preparedGrid(source, spacing, names[0] ?? "the image");
  const brain = brainMask(first.data, mask?.data);
  const inside = resampleNearest(toRas(brain.mask, source), ras, spacing);
  const out = new Float32Array(inside.length * images.length);
  images.forEach((volume, channel) => {
    const data = resampleLinear(toRas(volume.data, source), ras, spacing);
    normaliseInto(out, data, inside, channel, images.length, names[channel] ?? `image ${channel + 1}`);
  });
  return { grid, image: out, mask: inside, brain };
}

/**
 * The grid that images of `source` are brought to: RAS, `spacing` mm.
 * @throws CASE_TOO_LARGE
 */
export function preparedGrid(source: Grid, spacing: Spacing, name: string): Grid {
  const grid = resampledGrid(rasGrid(source), spacing);
  const [x, y, z] = grid.size;
  if (x * y * z <= MAX_PREPARED_VOXELS) return grid;
  const shown = spacing.join(" × ");
  throw siteError("CASE_TOO_LARGE", `${name} would have ${x} × ${y} × ${z} voxels at ${shown} mm`);
}

/** Brings label indices to the grid of {@link prepareImages} by nearest neighbour. */
export function prepareLabels(labels: Uint8Array, grid: Grid, spacing: Spacing): Uint8Array {
  return resampleNearest(toRas(labels, grid), rasGrid(grid), spacing);
}

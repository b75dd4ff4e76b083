import { siteError } from "../errors.js";
import { findBrain, isInside, type Brain, type NamedMask } from "./brain.js";
import { fenced } from "./fences.js";
import { voxelCount, type Grid, type Spacing } from "./grid.js";
import { withoutNaN } from "./nan.js";
import { normaliseInto } from "./normalise.js";
import { toRas } from "./orientation.js";
import { RECIPE_2, type Recipe } from "./recipe.js";
import { resampleLinear, resampleNearest } from "./resample.js";
import { sampling, type Sampling } from "./sampling.js";
import { requireOneGrid, type Volume } from "./volume.js";

/** Voxels of one prepared image: a head of 25 cm at 0.5 mm. Fine spacings would make much of thick slices otherwise. */
const MAX_PREPARED_VOXELS = 512 ** 3;

/** An image with what to call it: in errors by `name`, in notes by `label`, such as "T1w". */
export interface NamedImage {
  readonly name: string;
  readonly label: string;
  readonly volume: Volume;
}

/** The images of one head as the network sees them; training and prediction share this and nothing else. */
export interface PreparedImages {
  /** RAS, with the plan's spacing. */
  readonly grid: Grid;
  /** `[S, A, R, images]`: z-scored inside the brain, 0 outside. */
  readonly image: Float32Array;
  /** `[S, A, R]`: 1 in the brain, 0 outside. */
  readonly inside: Uint8Array;
  /** The brain on the images' own grid, in their own voxel order. */
  readonly brain: Brain;
  /** How the images' own voxels became those of `grid`. */
  readonly sampling: Sampling;
  /** What was done to an image that is not done to a sound one. */
  readonly notes: readonly string[];
}

interface PrepareOptions {
  /** mm along R, A, S. */
  readonly spacing: Spacing;
  readonly mask?: NamedMask | undefined;
  /** Default: the one by which models are trained now. */
  readonly recipe?: Recipe;
}

/**
 * Brings images that share a grid to RAS and to `spacing` (linear), and normalises each inside the brain.
 * @param images in the order of the network's channels; the first one tells the brain from its surroundings
 * @throws CASE_BLANK, CASE_TOO_LARGE, NIFTI_NON_FINITE; RangeError for images of different grids
 */
export function prepareImages(images: readonly NamedImage[], options: PrepareOptions): PreparedImages {
  const { spacing, mask, recipe = RECIPE_2 } = options;
  const whole = images.map((image) => withoutHoles(image, mask));
  const [first] = whole;
  if (first === undefined) throw new RangeError("there is no image to prepare");
  for (const { volume } of whole) requireOneGrid(volume, first.volume);
  const found = findBrain(first.volume, first.name, mask);
  const brain = {
    ...found,
    mask: withoutPlaces(
      found.mask,
      whole.flatMap(({ holes }) => holes ?? []),
    ),
  };
  const how = preparedSampling(first.volume.grid, spacing, first.name, recipe);
  const inside = resampleNearest(toRas(brain.mask), how);
  const out = new Float32Array(inside.data.length * images.length);
  const notes = [...brain.notes.map((note) => `${first.label}: ${note}`), ...whole.flatMap(({ note }) => note ?? [])];
  whole.forEach(({ name, label, volume }, channel) => {
    const cut = recipe.robust ? fenced(volume, brain.mask) : { volume };
    if (cut.note !== undefined) notes.push(`${label}: ${cut.note}`);
    normaliseInto(out, resampleLinear(toRas(cut.volume), how), inside, channel, images.length, name);
  });
  return { grid: how.target, image: out, inside: inside.data, brain, sampling: how, notes };
}

interface WholeImage extends NamedImage {
  readonly holes?: Uint8Array;
  readonly note?: string;
}

function withoutHoles({ name, label, volume }: NamedImage, mask: NamedMask | undefined): WholeImage {
  const data = mask?.volume.data;
  if (mask !== undefined) requireOneGrid(volume, mask.volume);
  const found = withoutNaN(volume, name, (voxel) => data !== undefined && !isInside(data[voxel]));
  if (found.holes === undefined) return { name, label, volume };
  return {
    name,
    label,
    ...found,
    note: `${label}: voxels outside the brain that are not a number count as background`,
  };
}

/** A mask without the places that any of `holes` marks. */
function withoutPlaces(mask: Volume<Uint8Array>, holes: readonly Uint8Array[]): Volume<Uint8Array> {
  if (holes.length === 0) return mask;
  return mask.with(mask.data.map((value, v) => (holes.some((hole) => hole[v] === 1) ? 0 : value)));
}

/**
 * How images of `source` are brought to RAS and `spacing`.
 * @throws CASE_TOO_LARGE
 */
export function preparedSampling(source: Grid, spacing: Spacing, name: string, recipe: Recipe = RECIPE_2): Sampling {
  const how = sampling(source, spacing, recipe);
  if (voxelCount(how.target) <= MAX_PREPARED_VOXELS) return how;
  const shown = spacing.join(" × ");
  throw siteError("CASE_TOO_LARGE", `${name} would have ${how.target.size.join(" × ")} voxels at ${shown} mm`);
}

/** Brings label indices to the grid of {@link prepareImages} by nearest neighbour. */
export function prepareLabels(labels: Volume<Uint8Array>, how: Sampling): Volume<Uint8Array> {
  return resampleNearest(toRas(labels), how);
}

import { affineSpacing, AXES, type Grid } from "./grid.js";
import type { NamedImage } from "./prepare.js";
import { requireOneGrid, type Volume } from "./volume.js";

/** Voxel edges of this length, in mm, or longer hide small lesions and thin cortex. */
const THICK_SLICE_MM = 4;
/** Headers hold float32: 4 mm may be 3.9999998. */
const ROUNDING_MM = 1e-3;
/** A brain is no shorter than this along any axis, in mm: a child's is 11 cm, and a scan may be cut. */
const SHORTEST_HEAD_MM = 60;
/** Labels at the brain's edge lie beyond it by a little; a larger share than this lies elsewhere. */
const LARGEST_SHARE_OUTSIDE = 0.1;

/** What is worth knowing about images that can be used, but may not be what was meant. */
export function imageWarnings(images: readonly NamedImage[]): readonly string[] {
  const [first] = images;
  return first === undefined ? [] : [...extentWarnings(first.volume.grid), ...sameImages(images)];
}

function extentWarnings({ size, affine }: Grid): readonly string[] {
  const spacing = affineSpacing(affine);
  const thickest = Math.max(...spacing);
  const shortest = Math.min(...AXES.map((axis) => size[axis] * spacing[axis]));
  return [
    ...(thickest >= THICK_SLICE_MM - ROUNDING_MM
      ? [`slices of ${thickest.toFixed(1)} mm: small structures are lost between them`]
      : []),
    ...(shortest < SHORTEST_HEAD_MM
      ? [`the image is only ${shortest.toFixed(0)} mm across (${size.join(" × ")} voxels): a part of a head`]
      : []),
  ];
}

/** Inputs that hold the same voxels: one file given twice. */
function sameImages(images: readonly NamedImage[]): readonly string[] {
  return images.flatMap((image, i) =>
    images
      .slice(i + 1)
      .filter((other) => isSame(image.volume, other.volume))
      .map((other) => `${image.label} and ${other.label} hold the same voxels: one image was given for both`),
  );
}

function isSame(a: Volume, b: Volume): boolean {
  requireOneGrid(a, b);
  return a.data.every((value, v) => value === b.data[v] || (Number.isNaN(value) && Number.isNaN(b.data[v])));
}

/**
 * Labels that lie beside the brain: shifted, upside down, or another head's.
 */
export function labelWarnings(labels: Volume, brain: Volume<Uint8Array>): readonly string[] {
  requireOneGrid(labels, brain);
  let [all, outside] = [0, 0];
  labels.data.forEach((value, v) => {
    if (value === 0) return;
    all++;
    if (brain.data[v] === 0) outside++;
  });
  if (all === 0) return ["its label image is 0 everywhere"];
  const share = outside / all;
  if (share <= LARGEST_SHARE_OUTSIDE) return [];
  return [
    `${(100 * share).toFixed(0)} % of the labelled voxels lie outside the brain: are the labels of this image, and not turned or shifted?`,
  ];
}

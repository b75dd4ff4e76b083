import { affineSpacing, type NiftiImage } from "./nifti/index.js";
import type { BrainMask } from "./normalise.js";

/** Voxel edges longer than this, in mm, hide small lesions and thin cortex. */
const THICK_SLICE_MM = 4;

/** What is worth knowing about images that can be used, but may not be what was meant. */
export function imageWarnings(images: readonly NiftiImage[], brain: BrainMask["from"]): readonly string[] {
  const warnings: string[] = [];
  if (images.some(({ header }) => header.affineFrom === "pixdim")) {
    warnings.push("a header gives no orientation; the axes are taken as right, anterior, superior");
  }
  if (brain === "whole image") {
    warnings.push("hardly any voxel is 0, so the whole image counts as brain; was the brain extracted?");
  }
  const thickest = Math.max(...images.flatMap(({ grid }) => affineSpacing(grid.affine)));
  if (thickest > THICK_SLICE_MM) {
    warnings.push(`slices of ${thickest.toPrecision(2)} mm: small structures are lost between them`);
  }
  return warnings;
}

import { caseFigures, countDistinct } from "@fedace/ace-core/likeness";
import type { ImageFigures } from "@fedace/ace-core/protocol";
import { affineSpacing } from "./grid.js";
import type { NamedImage, PreparedImages } from "./prepare.js";

/**
 * What the images of one head look like, which tells swapped ones, another head's, and label images.
 * @param images as they were read, by which `prepared` was made
 * @param inputs what they are, such as T1w
 */
export function headFigures(
  images: readonly NamedImage[],
  { grid, image, inside, brain }: PreparedImages,
  inputs: readonly string[],
): ImageFigures {
  const distinct = images.map(({ volume }) => countDistinct(volume.data, brain.mask.data));
  return caseFigures({ inputs, image, inside, size: grid.size, spacing: affineSpacing(grid.affine), distinct });
}

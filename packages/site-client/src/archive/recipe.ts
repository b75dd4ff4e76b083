/**
 * How an image becomes what a network sees. A model goes with the recipe that it was trained by; its card says which.
 */
export interface Recipe {
  readonly version: 1 | 2;
  /** Where a new grid begins: at the image's first voxel, or so that the world's origin keeps its place. */
  readonly anchor: "corner" | "world";
  /** Whether voxels far from all others are cut off before mean and deviation are taken. */
  readonly robust: boolean;
}

/** Of FedACE 0.1: kept for the models that were trained by it. */
export const RECIPE_1: Recipe = { version: 1, anchor: "corner", robust: false };
/** What every model is trained by now. */
export const RECIPE_2: Recipe = { version: 2, anchor: "world", robust: true };

import { affineSpacing, AXES, indexOfOrigin, type Axis, type Grid, type Size3, type Spacing } from "./grid.js";
import { rasGrid } from "./orientation.js";
import type { Recipe } from "./recipe.js";

/** Spacings that differ by less than this part are taken as equal: headers round, and interpolation blurs. */
const SAME_SPACING = 1e-3;
/** Of a voxel: by so much an index may be off through the float32 of a header. */
const INDEX_ERROR = 1e-3;

/** How one axis is sampled: target voxel i lies at source index `start + i × step`. */
export interface AxisSampling {
  /** Source voxels per target voxel; exactly 1 where the spacings are the same. */
  readonly step: number;
  readonly start: number;
  readonly count: number;
  /** Source voxels over which the interpolant is averaged; 0 where it is taken at the place itself. */
  readonly width: number;
}

/** What a grid is resampled to, and how. */
export interface Sampling {
  readonly source: Grid;
  readonly axes: readonly [AxisSampling, AxisSampling, AxisSampling];
  readonly target: Grid;
}

/**
 * How the RAS form of a grid comes to another spacing (mm along its own axes), which of its voxels then make which.
 *
 * By the present recipe the new grid holds the voxel nearest to the world's origin, so that the same head gives the
 * same voxels however the image around it was cropped; it covers every source voxel. Where an axis becomes coarser, a
 * target voxel is the mean of the linear interpolant over its own extent. Recipe 1 starts at the image's first voxel
 * and averages over one source voxel less.
 */
export function sampling(grid: Grid, spacing: Spacing, recipe: Recipe): Sampling {
  const source = rasGrid(grid);
  const from = affineSpacing(source.affine);
  const origin = indexOfOrigin(source.affine);
  const along = (axis: Axis): AxisSampling => {
    const ratio = spacing[axis] / from[axis];
    const count = source.size[axis];
    if (Math.abs(ratio - 1) < SAME_SPACING) return { step: 1, start: 0, count, width: 0 };
    return recipe.anchor === "corner"
      ? cornerAxis(ratio, count)
      : worldAxis(ratio, count, Math.floor(origin[axis] + 0.5 + INDEX_ERROR));
  };
  const axes = [along(0), along(1), along(2)] as const;
  return { source, axes, target: targetGrid(source, axes) };
}

function cornerAxis(step: number, length: number): AxisSampling {
  return { step, start: 0, count: Math.ceil((length - 1) / step - SAME_SPACING) + 1, width: Math.max(0, step - 1) };
}

/** @param anchor a source index at which a target voxel lies, within the image or not */
function worldAxis(step: number, length: number, anchor: number): AxisSampling {
  // The first target voxel is the one whose extent holds the first source voxel's centre, the last likewise.
  const first = Math.ceil((-anchor - INDEX_ERROR) / step - 0.5);
  const last = Math.ceil((length - 1 - anchor - INDEX_ERROR) / step - 0.5);
  return { step, start: anchor + first * step, count: last - first + 1, width: step > 1 ? step : 0 };
}

function targetGrid({ affine }: Grid, axes: Sampling["axes"]): Grid {
  const size = AXES.map((axis) => axes[axis].count) as unknown as Size3;
  const rows = [0, 1, 2].flatMap((row) => {
    const at = (column: number): number => affine[4 * row + column] ?? 0;
    const offset = AXES.reduce<number>((sum, axis) => sum + at(axis) * axes[axis].start, at(3));
    return [...AXES.map((axis) => at(axis) * axes[axis].step), offset];
  });
  return { size, affine: rows };
}

import { connectedRegions, type LabelMap } from "@fedace/ace-core/labels";
import { affineDeterminant } from "./grid.js";
import type { Volume } from "./volume.js";

/** This part of what is labelled may lie in regions that a plan's `smallest` would not keep. */
const STRAY_SHARE = 0.01;

/** What of a label value lies in one connected region of lesions, mL. */
export interface RegionPart {
  /** Of the region, whatever values it is made of. */
  readonly whole: number;
  readonly part: number;
}

/**
 * The connected regions of lesions of one label image, by value. Only where the map says nothing of the background: labels of
 * tissue fill the head.
 */
export function lesionRegions(
  { data, grid }: Volume,
  map: LabelMap | undefined,
): ReadonlyMap<number, readonly RegionPart[]> {
  const parts = new Map<number, RegionPart[]>();
  if (map === undefined || map.annotated.includes(0)) return parts;
  const single = new Set(map.values.filter((_, i) => map.foreground.includes(map.sets.indexOf(map.sets[i] ?? 0))));
  const millilitres = Math.abs(affineDeterminant(grid.affine)) / 1000;
  const [width, height, depth] = grid.size;
  for (const region of connectedRegions([depth, height, width], (voxel) => single.has(data[voxel] ?? 0))) {
    const voxels = new Map<number, number>();
    for (const voxel of region) voxels.set(data[voxel] ?? 0, (voxels.get(data[voxel] ?? 0) ?? 0) + 1);
    for (const [value, count] of voxels) {
      const own = parts.get(value) ?? [];
      own.push({ whole: region.length * millilitres, part: count * millilitres });
      parts.set(value, own);
    }
  }
  return parts;
}

/**
 * The size of region, mL, from which on regions hold 99 % of what is labelled: what a plan may give as a class's
 * `smallest` without losing more than the rest. Undefined without regions.
 */
export function smallestRegion(parts: readonly RegionPart[]): number | undefined {
  const sorted = [...parts].sort((a, b) => a.whole - b.whole);
  const total = sorted.reduce((sum, { part }) => sum + part, 0);
  let below = 0;
  return sorted.find(({ part }) => (below += part) > STRAY_SHARE * total)?.whole;
}

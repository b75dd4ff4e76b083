import { coreError } from "../foundation/index.js";
import type { LabelMap } from "./types.js";

/** How many different unmapped values an error lists. */
const LISTED = 10;

/**
 * Translates a label image into indices of the label map's sets. Values that share a meaning get the same index.
 *
 * @param voxels the label values as they are in the archive, any order.
 * @returns one index into `map.sets` per voxel.
 * @throws LABEL_VALUE_UNMAPPED listing the values that the map does not mention, with their numbers of voxels.
 */
export function indexLabels(voxels: ArrayLike<number>, map: LabelMap): Uint8Array {
  const indexOf = new Map(map.values.map((value, i) => [value, map.sets.indexOf(map.sets[i] ?? 0)]));
  const unmapped = new Map<number, number>();
  const indices = new Uint8Array(voxels.length);
  let last = Number.NaN;
  let index: number | undefined;
  for (let i = 0; i < voxels.length; i++) {
    const value = voxels[i] ?? Number.NaN;
    if (value !== last) index = indexOf.get(value);
    last = value;
    if (index === undefined) unmapped.set(value, (unmapped.get(value) ?? 0) + 1);
    else indices[i] = index;
  }
  if (unmapped.size > 0) throw unmappedError(unmapped, map);
  return indices;
}

function unmappedError(unmapped: ReadonlyMap<number, number>, map: LabelMap): Error {
  const counts = [...unmapped].sort(([a], [b]) => a - b);
  const list = counts
    .slice(0, LISTED)
    .map(([value, count]) => `${value} (${count} ${count === 1 ? "voxel" : "voxels"})`);
  const more = counts.length > LISTED ? ` and ${counts.length - LISTED} more values` : "";
  const message = `the label image holds ${list.join(", ")}${more}; its label map knows ${map.values.join(", ")}`;
  return coreError("LABEL_VALUE_UNMAPPED", message, {
    fields: { values: counts.slice(0, LISTED).map(([value]) => String(value)) },
  });
}

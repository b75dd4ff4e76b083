import { affineDeterminant, type Volume } from "../archive/index.js";

/** Cubic millimetres of a millilitre. */
const MM3_PER_ML = 1000;

/** How much of one class an image shows. */
export interface ClassVolume {
  readonly label: number;
  readonly name: string;
  readonly voxels: number;
  readonly millilitres: number;
}

/** Volume of every class: number of voxels × |det| of the grid's affine. The background is left out. */
export function classVolumes(labels: Volume<Uint8Array>, classes: readonly string[]): readonly ClassVolume[] {
  const counts = new Float64Array(classes.length);
  for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1;
  const voxel = Math.abs(affineDeterminant(labels.grid.affine)) / MM3_PER_ML;
  return classes
    .map((name, label) => {
      const voxels = counts[label] ?? 0;
      return { label, name, voxels, millilitres: voxels * voxel };
    })
    .slice(1);
}

const TABLE_HEADER = "index\tname\tvoxels\tvolume_ml";

/** Whether a file begins as a label table of ours does. */
export function looksLikeTable(head: Uint8Array): boolean {
  return new TextDecoder().decode(head).startsWith(TABLE_HEADER);
}

/** The label table that BIDS puts beside a segmentation (`_dseg.tsv`), with the volumes as further columns. */
export function labelTable(volumes: readonly ClassVolume[]): string {
  const rows = volumes.map(({ label, name, voxels, millilitres }) =>
    [label, name, voxels, millilitres.toFixed(3)].join("\t"),
  );
  return [TABLE_HEADER, ...rows, ""].join("\n");
}

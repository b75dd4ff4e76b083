/** `[depth, height, width]` in voxels. */
type Size = readonly [number, number, number];

/**
 * The connected regions of a volume: voxels that touch by a face, an edge or a corner (26 neighbours) belong together.
 *
 * @param inside whether a voxel, by its index into `[depth, height, width]`, belongs to any region
 * @returns the voxels of each region, in the order of their first ones
 */
export function connectedRegions(size: Size, inside: (voxel: number) => boolean): Uint32Array[] {
  const length = size[0] * size[1] * size[2];
  const waiting = new Uint8Array(length);
  for (let voxel = 0; voxel < length; voxel++) if (inside(voxel)) waiting[voxel] = 1;
  const regions: Uint32Array[] = [];
  for (let first = 0; first < length; first++) {
    if (waiting[first] === 0) continue;
    waiting[first] = 0;
    const region = [first];
    // The list grows while it is gone through.
    for (const voxel of region) takeNeighbours(voxel, size, waiting, region);
    regions.push(Uint32Array.from(region));
  }
  return regions;
}

/** Appends the neighbours of a voxel that still wait, which no longer do. */
function takeNeighbours(voxel: number, [depth, height, width]: Size, waiting: Uint8Array, region: number[]): void {
  const x = voxel % width;
  const y = Math.floor(voxel / width) % height;
  const z = Math.floor(voxel / (width * height));
  for (let c = Math.max(0, z - 1); c <= Math.min(depth - 1, z + 1); c++) {
    for (let b = Math.max(0, y - 1); b <= Math.min(height - 1, y + 1); b++) {
      for (let a = Math.max(0, x - 1); a <= Math.min(width - 1, x + 1); a++) {
        const neighbour = (c * height + b) * width + a;
        if (waiting[neighbour] === 0) continue;
        waiting[neighbour] = 0;
        region.push(neighbour);
      }
    }
  }
}

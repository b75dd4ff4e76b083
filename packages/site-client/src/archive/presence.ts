/**
 * The channels of a network that may be fed with some of its images alone: all of them in their order, 0 where one is
 * missing, then for each a plane that is 1 in the brain if it is there and 0 if not (`channelsOf` of a plan).
 *
 * @param image `[voxels, images that are there]`
 * @param inside `[voxels]`, 1 in the brain
 * @param there for each image of the network, whether it is among those of `image`
 * @returns `[voxels, 2 × there.length]`
 */
export function withPresence(image: Float32Array, inside: Uint8Array, there: readonly boolean[]): Float32Array {
  const inputs = there.length;
  const present = there.flatMap((is, input) => (is ? [input] : []));
  const out = new Float32Array(inside.length * 2 * inputs);
  for (const [from, input] of present.entries()) {
    for (let voxel = 0; voxel < inside.length; voxel++) {
      out[voxel * 2 * inputs + input] = image[voxel * present.length + from] ?? 0;
      out[voxel * 2 * inputs + inputs + input] = inside[voxel] ?? 0;
    }
  }
  return out;
}

import { siteError } from "../errors.js";
import { joinedToBorder } from "./border.js";
import type { Volume } from "./volume.js";

/** Voxels without NaN, and where it was. */
interface WithoutNaN {
  readonly volume: Volume;
  /** 1 where the file has NaN; absent where it has none. */
  readonly holes?: Uint8Array;
}

/**
 * Takes NaN that lies outside the brain for what its writer meant by it (SPM marks so what it has no value for): 0
 * and not brain. Outside is where a given mask says so, and what hangs together with the image's border.
 * @param isOutside whether a mask puts this voxel outside; without a mask, nothing
 * @throws NIFTI_NON_FINITE for NaN elsewhere
 */
export function withoutNaN(
  volume: Volume,
  name: string,
  isOutside: (voxel: number) => boolean = () => false,
): WithoutNaN {
  const { data } = volume;
  if (!data.some(Number.isNaN)) return { volume };
  const isHole = (voxel: number): boolean => Number.isNaN(data[voxel]);
  const joined = joinedToBorder(volume.grid, isHole);
  const holes = new Uint8Array(data.length);
  let inside = 0;
  const filled = data.map((value, v) => {
    if (!Number.isNaN(value)) return value;
    holes[v] = 1;
    if (joined[v] === 0 && !isOutside(v)) inside++;
    return 0;
  });
  if (inside > 0) {
    const voxels = inside === 1 ? "1 voxel" : `${inside} voxels`;
    const fields = { voxels: inside };
    throw siteError("NIFTI_NON_FINITE", `${name} holds ${voxels} inside the head that are not a number`, { fields });
  }
  return { volume: volume.with(filled), holes };
}

/** A NIfTI header's own words on where the voxels lie, kept so that they can be written again unchanged. */
export interface Placement {
  /** pixdim[0] (the sign of the third axis of the quaternion) and the three voxel sizes, in the header's unit. */
  readonly pixdim: readonly [number, number, number, number];
  /** xyzt_units as in the header. */
  readonly units: number;
  readonly qformCode: number;
  /** b, c, d, and the offsets x, y, z. */
  readonly quaternion: readonly [number, number, number, number, number, number];
  readonly sformCode: number;
  /** The 12 numbers of srow_x, srow_y, srow_z. */
  readonly srow: readonly number[];
}

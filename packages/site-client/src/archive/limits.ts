/** Bounds on what a file may make this process read or allocate. A caller may pass its own. */
export interface VolumeLimits {
  /** Voxels of one image. */
  readonly voxels: number;
  /** Bytes of header extensions before the first voxel. */
  readonly extensions: number;
  /** Bytes after the last voxel: some writers pad, none by more. */
  readonly trailing: number;
}

/**
 * 512³ voxels are a whole head at 0.5 mm; as float32 they take 512 MiB. Extensions hold text such as a DICOM header,
 * well below 16 MiB. Everything beyond is refused before memory is taken.
 */
export const DEFAULT_LIMITS: VolumeLimits = {
  voxels: 512 ** 3,
  extensions: 16 * 2 ** 20,
  trailing: 2 ** 20,
};

/** Voxel edge lengths in mm that a head scan can have: finer is microscopy, coarser is a wrong unit. */
export const SPACING_RANGE_MM: readonly [number, number] = [0.05, 30];

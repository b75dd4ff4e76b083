import { affineSpacing, toRas, type Grid, type NiftiImage } from "@fedace/site-client";

/** Which way one looks at the head. */
export type View = "axial" | "coronal" | "sagittal";

/** One plane of a volume, in pixels of one size: rows from the top of the picture down. */
export interface Slice {
  readonly width: number;
  readonly height: number;
  /** The value at a position in pixels of the slice, whole numbers at their centres. */
  readonly at: (x: number, y: number) => number;
  /** mm per pixel, across and down. */
  readonly spacing: readonly [number, number];
}

/** The axis across, the axis down (which runs upwards) and the axis of sight, of R, A, S. */
const PLANES = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] } as const;

/** A volume whose axes run to the right, to the front and up. */
export interface RasVolume {
  readonly grid: Grid;
  readonly data: Float32Array;
}

/** An image as read, with its voxels in the order R, A, S. */
export function rasVolume(image: NiftiImage): RasVolume {
  return toRas(image);
}

/** One plane. The patient's left is on the left of the picture, the face to the right of a sagittal one. */
export function sliceOf(volume: RasVolume, view: View, index: number): Slice {
  const [across, up, sight] = PLANES[view];
  const { size, affine } = volume.grid;
  const strides = [1, size[0], size[0] * size[1]] as const;
  const spacing = affineSpacing(affine);
  const [width, height] = [size[across], size[up]];
  return {
    width,
    height,
    spacing: [spacing[across], spacing[up]],
    at: (x, y) => {
      const i = Math.min(width - 1, Math.max(0, x));
      const j = Math.min(height - 1, Math.max(0, height - 1 - y));
      return volume.data[i * strides[across] + j * strides[up] + index * strides[sight]] ?? 0;
    },
  };
}

/** The plane that shows most of a label, among those that show at least half as much head as any. */
export function tellingSlice(labels: RasVolume, view: View, label: number): number {
  const sight = PLANES[view][2];
  const { size } = labels.grid;
  const stride = [1, size[0], size[0] * size[1]][sight] ?? 1;
  const head = new Array<number>(size[sight]).fill(0);
  const shown = new Array<number>(size[sight]).fill(0);
  labels.data.forEach((value, v) => {
    const plane = Math.floor(v / stride) % size[sight];
    if (value !== 0) head[plane] = (head[plane] ?? 0) + 1;
    if (value === label) shown[plane] = (shown[plane] ?? 0) + 1;
  });
  const enough = Math.max(...head) / 2;
  let best = Math.floor(size[sight] / 2);
  shown.forEach((count, plane) => {
    if ((head[plane] ?? 0) >= enough && count > (shown[best] ?? 0)) best = plane;
  });
  return best;
}

import type { Random } from "@fedace/ace-core/foundation";
import { voxelPosition, type PhantomGrid, type Shares } from "./grid.js";
import { ellipsoid, waveField, type Vec3 } from "./shapes.js";

/** Distances in mm, positive inside, per voxel. */
interface Distances {
  readonly white: Float32Array;
  readonly ventricles: Float32Array;
}

/** How far from a ventricle's wall, in mm, a lesion counts as periventricular. */
const PERIVENTRICULAR_MM = 6;
/** The least distance in mm of a lesion's centre from grey matter. */
const INSIDE_WHITE_MM = 2.2;
/** Below this height in mm lie brainstem and cerebellum, which stay free of lesions. */
const LOWEST_MM = -12;

const PERIVENTRICULAR = { least: 8, more: 8, radius: [3, 8] } as const;
const DEEP = { least: 6, more: 10, radius: [2.5, 5.5] } as const;

/**
 * Turns white matter into lesion: periventricular ones and smaller deep ones, of random number, place, size and
 * irregular outline.
 */
export function drawLesions(random: Random, grid: PhantomGrid, distances: Distances, shares: Shares): void {
  const near: number[] = [];
  const deep: number[] = [];
  for (let v = 0; v < distances.white.length; v++) {
    const height = voxelPosition(grid, 0, 0, Math.floor(v / (grid.size[0] * grid.size[1])))[2];
    if ((distances.white[v] ?? 0) < INSIDE_WHITE_MM || height < LOWEST_MM) continue;
    const toVentricle = -(distances.ventricles[v] ?? 0);
    if (toVentricle > 1 && toVentricle < PERIVENTRICULAR_MM) near.push(v);
    else if (toVentricle >= PERIVENTRICULAR_MM) deep.push(v);
  }
  const outline = waveField(random, 9, 8);
  for (const [places, { least, more, radius }] of [
    [near, PERIVENTRICULAR],
    [deep, DEEP],
  ] as const) {
    if (places.length === 0) continue;
    const count = least + random.integer(more + 1);
    for (let n = 0; n < count; n++) {
      const centre = places[random.integer(places.length)] ?? 0;
      const size = (): number => radius[0] + (radius[1] - radius[0]) * random.uniform();
      paint(grid, centre, [size(), size(), size()], outline.value, shares);
    }
  }
}

/** Moves white matter inside one ellipsoid, its surface moved in and out by 1 mm times `outline`, to the lesion. */
function paint(grid: PhantomGrid, centre: number, radii: Vec3, outline: (p: Vec3) => number, shares: Shares): void {
  const [x, y, z] = grid.size;
  const [ci, cj, ck] = [centre % x, Math.floor(centre / x) % y, Math.floor(centre / (x * y))];
  const middle = voxelPosition(grid, ci, cj, ck);
  const reach = Math.ceil((Math.max(...radii) + 3) / grid.spacing);
  for (let k = Math.max(0, ck - reach); k <= Math.min(z - 1, ck + reach); k++) {
    for (let j = Math.max(0, cj - reach); j <= Math.min(y - 1, cj + reach); j++) {
      for (let i = Math.max(0, ci - reach); i <= Math.min(x - 1, ci + reach); i++) {
        const p = voxelPosition(grid, i, j, k);
        const distance = ellipsoid(p, middle, radii) + outline(p);
        const v = i + x * (j + y * k);
        const white = shares.WM[v] ?? 0;
        const moved = white * Math.min(1, Math.max(0, 0.5 + distance / grid.spacing));
        shares.WM[v] = white - moved;
        shares.L[v] = (shares.L[v] ?? 0) + moved;
      }
    }
  }
}

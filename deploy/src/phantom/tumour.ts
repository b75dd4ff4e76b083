import type { Random } from "@fedace/ace-core/foundation";
import { inside, type PhantomGrid, type Shares } from "./grid.js";
import type { Anatomy } from "./anatomy.js";
import { waveField, type Vec3 } from "./shapes.js";

/** Radius of a core, mm. */
const RADIUS = { least: 8, most: 17 } as const;
/** How far the oedema reaches beyond it through white matter, mm. */
const REACH = { least: 6, most: 15 } as const;
/** Thickness of the rim that takes up contrast agent, mm. */
const RIM_MM = 3.5;
/** Share of the core's volume that pushes tissue away; the rest has taken its place. */
const PUSH = 0.6;
/** Within this distance from the skull's lining, mm, tissue gives way less and less. */
const HELD_MM = 12;
/** Places tried until one lies in white matter of the upper brain. */
const TRIES = 10_000;

/** A tumour in a head. */
interface Tumour {
  readonly centre: Vec3;
  /** Where the tissue at a point was before it grew. */
  readonly before: (p: Vec3) => Vec3;
  /** Signed distances in mm, positive inside. */
  readonly core: (p: Vec3) => number;
  readonly oedema: (p: Vec3) => number;
}

/** Draws a tumour of random place, size and irregular outline, its centre in white matter. */
export function drawTumour(random: Random, anatomy: (p: Vec3) => Anatomy): Tumour {
  const between = ({ least, most }: { least: number; most: number }): number =>
    least + (most - least) * random.uniform();
  const centre = placeOf(random, anatomy);
  const radius = between(RADIUS);
  const reach = between(REACH);
  const outline = waveField(random, 22, 8);
  const spread = waveField(random, 26, 8);
  const distance = (p: Vec3): number => Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]);
  const core = (p: Vec3): number => radius - distance(p) + 0.18 * radius * outline.value(p);
  return {
    centre,
    core,
    oedema: (p) => core(p) + reach * (1 + 0.5 * spread.value(p)),
    before: (p) => {
      const r = distance(p);
      if (r > 5 * radius || r === 0) return p;
      // A ball that swells by PUSH of its volume moves what was at r₀ to r: r³ = r₀³ + PUSH R³, volumes kept.
      const r0 = Math.cbrt(Math.max(0, r ** 3 - PUSH * radius ** 3));
      const free = Math.min(1, Math.max(0, anatomy(p).brain / HELD_MM));
      const moved = 1 - (free * (r - r0)) / r;
      return [
        centre[0] + moved * (p[0] - centre[0]),
        centre[1] + moved * (p[1] - centre[1]),
        centre[2] + moved * (p[2] - centre[2]),
      ];
    },
  };
}

/** Gives a voxel to the tumour: core takes all tissue and fluid, oedema the white matter. */
export function growTumour({ core, oedema }: Tumour, p: Vec3, v: number, grid: PhantomGrid, shares: Shares): void {
  const d = core(p);
  const wet = (shares.WM[v] ?? 0) * inside(oedema(p), grid);
  shares.WM[v] = (shares.WM[v] ?? 0) - wet;
  shares.oedema[v] = wet;
  const taken = inside(d, grid);
  if (taken === 0) return;
  for (const tissue of ["CSF", "GM", "WM", "oedema"] as const)
    shares[tissue][v] = (shares[tissue][v] ?? 0) * (1 - taken);
  const dead = taken * inside(d - RIM_MM, grid);
  shares.necrosis[v] = dead;
  shares.rim[v] = taken - dead;
}

function placeOf(random: Random, anatomy: (p: Vec3) => Anatomy): Vec3 {
  for (let n = 0; n < TRIES; n++) {
    const p: Vec3 = [100 * (random.uniform() - 0.5), 110 * (random.uniform() - 0.5), 50 * random.uniform() - 5];
    const { white, brain, ventricles } = anatomy(p);
    if (white > 2 && brain > RADIUS.least && ventricles < -RADIUS.least / 2) return p;
  }
  throw new RangeError("no white matter to grow a tumour in");
}

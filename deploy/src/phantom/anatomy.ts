import type { Random } from "@fedace/ace-core/foundation";
import { capsule, ellipsoid, waveField, type Vec3, type WaveField } from "./shapes.js";

/** Signed distances in mm at one point, positive inside. */
export interface Anatomy {
  /** Everything inside the skull's lining: tissue and fluid. */
  readonly brain: number;
  /** Grey and white matter together. */
  readonly parenchyma: number;
  readonly white: number;
  readonly ventricles: number;
}

const CORTEX_MM = 3.2;
const SUBARACHNOID_MM = 2;
const SULCUS_HALF_WIDTH_MM = 1;

/** Lateral ventricle on the right: points and radii of a chain of capsules, front horn to temporal horn. */
const VENTRICLE: readonly { readonly at: Vec3; readonly radius: number }[] = [
  { at: [7, 26, 12], radius: 3.5 },
  { at: [9, 8, 19], radius: 4 },
  { at: [13, -16, 18], radius: 5 },
  { at: [21, -28, 8], radius: 5.5 },
  { at: [26, -16, -6], radius: 2.5 },
];
const OCCIPITAL_HORN: Vec3 = [18, -42, 8];

/** Deep grey matter on the right: thalamus, putamen, head of the caudate nucleus. */
const NUCLEI: readonly { readonly at: Vec3; readonly radii: Vec3 }[] = [
  { at: [10, -12, 7], radii: [7, 12, 7] },
  { at: [23, 4, 3], radii: [5, 14, 8] },
  { at: [14, 16, 8], radii: [4, 7, 6] },
];

/**
 * Draws one head: a folded cortical ribbon on two hemispheres, ventricles, deep nuclei, cerebellum and brainstem. The
 * folds are the zero surfaces of a random field of one wavelength; nothing is taken from a person.
 * @returns distances at a point in mm, the origin in the middle of the head
 */
export function drawAnatomy(random: Random): (p: Vec3) => Anatomy {
  const scale = 0.95 + 0.1 * random.uniform();
  const stretch: Vec3 = [1 + 0.05 * random.normal(), 1 + 0.04 * random.normal(), 1 + 0.04 * random.normal()].map(
    (s) => Math.min(1.06, Math.max(0.94, s)) * scale,
  ) as unknown as Vec3;
  const ventricleSize = 0.75 + 0.7 * random.uniform();
  const turn = rotation(0.08 * random.normal(), 0.05 * random.normal(), 0.05 * random.normal());
  const folds = waveField(random, 25, 16);
  const folia = waveField(random, 12, 10);
  const bulges = waveField(random, 60, 8);
  return (point) => {
    const turned = turn(point);
    const p: Vec3 = [turned[0] / stretch[0], turned[1] / stretch[1], turned[2] / stretch[2]];
    const side: Vec3 = [Math.abs(p[0]), p[1], p[2]];
    const bulge = bulges.value(p);
    const vault = Math.min(ellipsoid(p, [0, 2, 5], [54, 67, 47]), p[2] + 20);
    const hull = Math.max(vault, ellipsoid(side, [31, 4, -17], [19, 35, 19])) + 1.5 * bulge;
    const lining = Math.min(ellipsoid(p, [0, -37, -34], [40, 25, 19]), -hull);
    const stem = capsule(p, [0, -14, -16], [0, -24, -50], 11, 8);
    const brain = Math.max(hull, lining, stem + SUBARACHNOID_MM);
    if (brain <= 0) return { brain, parenchyma: brain, white: brain, ventricles: brain };
    const cerebrum = hull > 0 ? cerebralSurface(p, hull, folds, bulge) : hull;
    const cerebellum = lining > 0 ? Math.min(lining - 1, Math.max(folia.sheetDistance(p) - 0.6, lining - 11)) : lining;
    const nuclei = Math.max(...NUCLEI.map((n) => ellipsoid(side, n.at, n.radii)));
    return {
      brain,
      parenchyma: Math.max(cerebrum, cerebellum, stem),
      white: Math.max(Math.min(cerebrum - CORTEX_MM, -nuclei), cerebellum - 2.2, stem - 0.5),
      ventricles: ventricles(side, ventricleSize),
    };
  };
}

/** The pial surface: the hull less the fluid around it, cut by sulci of varying depth and by the midline fissure. */
function cerebralSurface(p: Vec3, hull: number, folds: WaveField, bulge: number): number {
  const outside = hull - SUBARACHNOID_MM;
  // The bound spares the field where no sulcus reaches.
  const depth = 15 + 4 * bulge;
  const sulci =
    hull > depth + 2 * CORTEX_MM ? hull - depth : Math.max(folds.sheetDistance(p) - SULCUS_HALF_WIDTH_MM, hull - depth);
  const callosum = 23 - (p[1] / 30) ** 2 * 14;
  const fissure = Math.max(Math.abs(p[0]) - SULCUS_HALF_WIDTH_MM, callosum - p[2]);
  return Math.min(outside, sulci, fissure);
}

function ventricles(side: Vec3, size: number): number {
  let distance = ellipsoid(side, [0, -6, 2], [1.6 + size, 12, 8]);
  for (let i = 1; i < VENTRICLE.length; i++) {
    const a = VENTRICLE[i - 1];
    const b = VENTRICLE[i];
    if (a === undefined || b === undefined) continue;
    distance = Math.max(distance, capsule(side, a.at, b.at, a.radius * size, b.radius * size));
    if (i === 3) distance = Math.max(distance, capsule(side, b.at, OCCIPITAL_HORN, b.radius * size, 2.5 * size));
  }
  return Math.max(distance, ellipsoid(side, [0, -31, -28], [5, 4, 6]));
}

/** Rotation by small angles (radians) about x, then y, then z. */
function rotation(about_x: number, about_y: number, about_z: number): (p: Vec3) => Vec3 {
  const [cx, sx, cy, sy, cz, sz] = [about_x, about_y, about_z].flatMap((a) => [Math.cos(a), Math.sin(a)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return ([x, y, z]) => {
    const y1 = cx * y - sx * z;
    const z1 = sx * y + cx * z;
    const x2 = cy * x + sy * z1;
    const z2 = cy * z1 - sy * x;
    return [cz * x2 - sz * y1, sz * x2 + cz * y1, z2];
  };
}

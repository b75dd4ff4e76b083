import { affineDeterminant, affineSpacing, type Affine } from "../grid.js";
import { SPACING_RANGE_MM } from "../limits.js";
import { axisCodes } from "../orientation.js";
import type { Placement } from "../placement.js";

/** Bits of xyzt_units that hold the unit of length, what one such unit is in mm, and its name. */
const LENGTH_UNIT_MASK = 7;
const LENGTH_UNITS: Readonly<Record<number, readonly [mm: number, name: string]>> = {
  1: [1000, "metres"],
  2: [1, "millimetres"],
  3: [0.001, "micrometres"],
};

/** Below this the quaternion's scalar part is taken as rounding error, as nifti1_io.c does. */
const SMALLEST_SCALAR_SQUARED = 1e-7;
/** Smallest determinant, relative to the product of the voxel sizes, of an affine whose axes are independent. */
const SMALLEST_DETERMINANT = 1e-3;
/** Voxel sizes of two transforms that differ by more than this part contradict each other; less is rounding. */
const SAME_SIZE = 0.01;

/**
 * The affine of the qform: nifti1.h, METHOD 2. R is the rotation of the unit quaternion (a, b, c, d), its columns
 * scaled by the voxel sizes, the third one also by qfac (pixdim[0], where 0 means 1).
 */
function qformAffine(placement: Placement): Affine {
  const [qfac, dx, dy, dz] = placement.pixdim;
  const [qb, qc, qd, x, y, z] = placement.quaternion;
  const scalarSquared = 1 - (qb * qb + qc * qc + qd * qd);
  const norm = scalarSquared < SMALLEST_SCALAR_SQUARED ? Math.hypot(qb, qc, qd) : 1;
  const a = scalarSquared < SMALLEST_SCALAR_SQUARED ? 0 : Math.sqrt(scalarSquared);
  const b = qb / norm;
  const c = qc / norm;
  const d = qd / norm;
  const sz = qfac < 0 ? -dz : dz;
  return [
    (a * a + b * b - c * c - d * d) * dx,
    2 * (b * c - a * d) * dy,
    2 * (b * d + a * c) * sz,
    x,
    2 * (b * c + a * d) * dx,
    (a * a + c * c - b * b - d * d) * dy,
    2 * (c * d - a * b) * sz,
    y,
    2 * (b * d - a * c) * dx,
    2 * (c * d + a * b) * dy,
    (a * a + d * d - b * b - c * c) * sz,
    z,
  ];
}

interface Placed {
  readonly affine: Affine;
  readonly from: "sform" | "qform" | "pixdim";
  readonly notes: readonly string[];
  /** Whether the header can be written again as it was. */
  readonly sound: boolean;
}

/**
 * The affine a header gives, in mm: the sform where its code is above 0, else the qform, else (nifti1.h, METHOD 1) the
 * voxel sizes alone, which are taken as RAS+ with the first voxel at the origin. A header that contradicts itself is
 * taken for what it plainly means: a singular sform gives way to a good qform, and a unit that makes sizes no head can
 * have gives way to millimetres.
 */
export function headerAffine(placement: Placement): Placed {
  const chosen = chooseTransform(placement);
  const [unit, unitName] = LENGTH_UNITS[placement.units & LENGTH_UNIT_MASK] ?? [1, "millimetres"];
  const scaled = chosen.affine.map((value) => value * unit);
  const notes = [...chosen.notes];
  const misnamed = unit !== 1 && !isPlausible(scaled) && isPlausible(chosen.affine);
  if (misnamed) {
    notes.push(`its header says ${unitName}, but its sizes are those of a head in millimetres only and taken so`);
  }
  const affine = misnamed ? chosen.affine : scaled;
  const contradiction = contradictionOf(placement, chosen);
  if (contradiction !== undefined) notes.push(contradiction);
  if (chosen.from === "pixdim") {
    notes.push("its header gives no orientation; the axes are taken as right, anterior, superior");
  }
  const sound = !misnamed && contradiction === undefined && chosen.notes.length === 0;
  return { affine, from: chosen.from, notes, sound };
}

function chooseTransform(placement: Placement): Omit<Placed, "sound"> {
  const qform = qformAffine(placement);
  if (placement.sformCode > 0) {
    if (isIndependent(placement.srow) || !isIndependent(qform))
      return { affine: placement.srow, from: "sform", notes: [] };
    return { affine: qform, from: "qform", notes: ["its sform is singular; the qform is used"] };
  }
  if (placement.qformCode > 0) return { affine: qform, from: "qform", notes: [] };
  const [, dx, dy, dz] = placement.pixdim;
  return { affine: [dx, 0, 0, 0, 0, dy, 0, 0, 0, 0, dz, 0], from: "pixdim", notes: [] };
}

/** What the other fields of the header say against the transform that is used, in its own unit. */
function contradictionOf(placement: Placement, { affine, from }: Omit<Placed, "sound">): string | undefined {
  if (from !== "sform") return undefined;
  const used = affineSpacing(affine);
  const shown = (spacing: readonly number[]): string => spacing.map((mm) => Number(mm.toPrecision(3))).join(" × ");
  const [, ...sizes] = placement.pixdim;
  const apart = sizes.some((size, axis) => size > 0 && Math.abs(size / (used[axis] ?? size) - 1) > SAME_SIZE);
  if (apart) {
    return `its sform has voxels of ${shown(used)}, its pixdim of ${shown(sizes)}; the sform is used`;
  }
  const qform = qformAffine(placement);
  if (placement.qformCode <= 0 || !isIndependent(qform)) return undefined;
  const [codes, others] = [axisCodes(affine), axisCodes(qform)];
  return codes === others ? undefined : `its sform runs ${codes}, its qform ${others}; the sform is used`;
}

/** Finite, with axes that do not lie in one plane. */
export function isIndependent(affine: Affine): boolean {
  const [x, y, z] = affineSpacing(affine);
  return (
    affine.every(Number.isFinite) &&
    Math.abs(affineDeterminant(affine)) >= SMALLEST_DETERMINANT * x * y * z &&
    x * y * z > 0
  );
}

/** Voxels of a size that a head scan can have. */
export function isPlausible(affine: Affine): boolean {
  const [least, most] = SPACING_RANGE_MM;
  return affine.every(Number.isFinite) && affineSpacing(affine).every((mm) => mm >= least && mm <= most);
}

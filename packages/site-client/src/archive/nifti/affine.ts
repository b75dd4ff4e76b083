import type { Affine, Placement } from "./types.js";

/** Bits of xyzt_units that hold the unit of length, and what one such unit is in mm. */
const LENGTH_UNIT_MASK = 7;
const LENGTH_UNITS_MM: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/** Below this the quaternion's scalar part is taken as rounding error, as nifti1_io.c does. */
const SMALLEST_SCALAR_SQUARED = 1e-7;

/** Millimetres per unit of length of a header; unknown units are mm. */
export function lengthUnit(units: number): number {
  return LENGTH_UNITS_MM[units & LENGTH_UNIT_MASK] ?? 1;
}

/**
 * The affine of the qform: nifti1.h, METHOD 2. R is the rotation of the unit quaternion (a, b, c, d), its columns
 * scaled by the voxel sizes, the third one also by qfac (pixdim[0], where 0 means 1).
 */
export function qformAffine(placement: Placement): Affine {
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

/**
 * The affine a header gives, in mm: the sform where its code is above 0, else the qform, else (nifti1.h, METHOD 1) the
 * voxel sizes alone, which are taken as RAS+ with the first voxel at the origin.
 */
export function headerAffine(placement: Placement): {
  readonly affine: Affine;
  readonly from: "sform" | "qform" | "pixdim";
} {
  const unit = lengthUnit(placement.units);
  const inMm = (affine: Affine): Affine => affine.map((value) => value * unit);
  if (placement.sformCode > 0) return { affine: inMm(placement.srow), from: "sform" };
  if (placement.qformCode > 0) return { affine: inMm(qformAffine(placement)), from: "qform" };
  const [, dx, dy, dz] = placement.pixdim;
  return { affine: inMm([dx, 0, 0, 0, 0, dy, 0, 0, 0, 0, dz, 0]), from: "pixdim" };
}

/** Voxel edge lengths of an affine, in mm, in the order of the voxel axes. */
export function affineSpacing(affine: Affine): readonly [number, number, number] {
  const column = (axis: number): number => Math.hypot(affine[axis] ?? 0, affine[4 + axis] ?? 0, affine[8 + axis] ?? 0);
  return [column(0), column(1), column(2)];
}

/** Determinant of the 3 × 3 part, in mm³: the signed volume of one voxel. */
export function affineDeterminant(affine: Affine): number {
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, f = 0, , g = 0, h = 0, i = 0] = affine;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

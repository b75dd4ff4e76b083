import type { Random } from "@fedace/ace-core/foundation";

/** A point or vector in mm: x to the right, y to the front, z up. */
export type Vec3 = readonly [number, number, number];

/**
 * Signed distance in mm to an ellipsoid, positive inside, to first order:
 * k₀ (1 − k₀) / k₁ with k₀ = |p / r|, k₁ = |p / r²| (Quilez, distance to an ellipsoid).
 */
export function ellipsoid(p: Vec3, centre: Vec3, radii: Vec3): number {
  const x = p[0] - centre[0];
  const y = p[1] - centre[1];
  const z = p[2] - centre[2];
  const k0 = Math.hypot(x / radii[0], y / radii[1], z / radii[2]);
  const k1 = Math.hypot(x / radii[0] ** 2, y / radii[1] ** 2, z / radii[2] ** 2);
  return k1 === 0 ? Math.min(...radii) : (k0 * (1 - k0)) / k1;
}

/** Signed distance in mm to a capsule whose radius goes linearly from `r0` at `a` to `r1` at `b`; positive inside. */
export function capsule(p: Vec3, a: Vec3, b: Vec3, r0: number, r1: number): number {
  const bx = b[0] - a[0];
  const by = b[1] - a[1];
  const bz = b[2] - a[2];
  const px = p[0] - a[0];
  const py = p[1] - a[1];
  const pz = p[2] - a[2];
  const t = Math.min(1, Math.max(0, (px * bx + py * by + pz * bz) / (bx * bx + by * by + bz * bz)));
  return r0 + (r1 - r0) * t - Math.hypot(px - t * bx, py - t * by, pz - t * bz);
}

/** A smooth random field of mean 0 and variance 1/2 with its gradient, in one wavelength: a sum of plane waves. */
export interface WaveField {
  readonly value: (p: Vec3) => number;
  /**
   * Distance in mm, to first order, to the nearest surface on which the field is 0. For one wavelength these surfaces
   * wind through space like the folds of a cortex, about half a wavelength apart.
   */
  readonly sheetDistance: (p: Vec3) => number;
}

/** Draws a field of `waves` plane waves of `wavelength` mm (each ± 15 %), in random directions. */
export function waveField(random: Random, wavelength: number, waves: number): WaveField {
  const kx = new Float64Array(waves);
  const ky = new Float64Array(waves);
  const kz = new Float64Array(waves);
  const phase = new Float64Array(waves);
  for (let w = 0; w < waves; w++) {
    const direction = [random.normal(), random.normal(), random.normal()] as const;
    const k = (2 * Math.PI) / (wavelength * (0.85 + 0.3 * random.uniform())) / Math.hypot(...direction);
    kx[w] = direction[0] * k;
    ky[w] = direction[1] * k;
    kz[w] = direction[2] * k;
    phase[w] = 2 * Math.PI * random.uniform();
  }
  const norm = 1 / Math.sqrt(waves);
  // Near an extremum the quotient value / slope overestimates the distance without bound; the typical slope,
  // k / √2 per wave summed at random, does not.
  const leastSlope = (0.8 * 2 * Math.PI) / wavelength / Math.SQRT2 / norm;
  const angle = (p: Vec3, w: number): number =>
    (kx[w] ?? 0) * p[0] + (ky[w] ?? 0) * p[1] + (kz[w] ?? 0) * p[2] + (phase[w] ?? 0);
  return {
    value: (p) => {
      let sum = 0;
      for (let w = 0; w < waves; w++) sum += Math.cos(angle(p, w));
      return sum * norm;
    },
    sheetDistance: (p) => {
      let sum = 0;
      let gx = 0;
      let gy = 0;
      let gz = 0;
      for (let w = 0; w < waves; w++) {
        const a = angle(p, w);
        const s = Math.sin(a);
        sum += Math.cos(a);
        gx += s * (kx[w] ?? 0);
        gy += s * (ky[w] ?? 0);
        gz += s * (kz[w] ?? 0);
      }
      return Math.abs(sum) / Math.max(Math.hypot(gx, gy, gz), leastSlope);
    },
  };
}

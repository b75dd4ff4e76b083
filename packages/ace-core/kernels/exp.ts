// exp and log, four at a time: the polynomials of Cephes (Moshier, expf.c and logf.c), about 1e-7 relative.
import { madd } from "./simd";

/** e to the x, for x <= 0 (and a little above); 0 below -87. */
export function exp4(x: v128): v128 {
  const low = f32x4.splat(-87.0);
  const underflow = f32x4.lt(x, low);
  x = f32x4.max(x, low);
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  // ln 2 in two parts, so that x - n ln 2 is exact to the last bit
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.1219444e-4), r);
  let p = f32x4.splat(1.98756915e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), underflow);
}

/** Natural logarithm of positive, normal numbers. */
export function log4(x: v128): v128 {
  // mantissa in [sqrt(1/2), sqrt(2)), minus 1, and the exponent that goes with it
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(m, f32x4.splat(1));
  const r2 = f32x4.mul(r, r);
  let p = f32x4.splat(7.0376836292e-2);
  p = madd(p, r, f32x4.splat(-1.151461031e-1));
  p = madd(p, r, f32x4.splat(1.167699874e-1));
  p = madd(p, r, f32x4.splat(-1.2420140846e-1));
  p = madd(p, r, f32x4.splat(1.4249322787e-1));
  p = madd(p, r, f32x4.splat(-1.6668057665e-1));
  p = madd(p, r, f32x4.splat(2.0000714765e-1));
  p = madd(p, r, f32x4.splat(-2.4999993993e-1));
  p = madd(p, r, f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(r2, r), p);
  y = madd(e, f32x4.splat(-2.1219444e-4), y);
  y = madd(r2, f32x4.splat(-0.5), y);
  return madd(e, f32x4.splat(0.693359375), f32x4.add(r, y));
}

/** log(1 + t) for t >= 0, exact to the last bits however small t is. */
export function log1p4(t: v128): v128 {
  const u = f32x4.add(t, f32x4.splat(1));
  const lost = f32x4.sub(t, f32x4.sub(u, f32x4.splat(1)));
  return f32x4.add(log4(u), f32x4.div(lost, u));
}

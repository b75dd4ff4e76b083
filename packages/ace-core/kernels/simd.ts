// What every kernel shares: the multiply-add of this build, and stores of fewer than eight channels.

/** a * b + c: one rounding in the relaxed build, two in the plain one. */
// @ts-ignore: decorator
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Stores the first `count` of the eight floats in (lo, hi). */
export function storeSome(p: usize, lo: v128, hi: v128, count: i32): void {
  if (count >= 4) {
    v128.store(p, lo);
    p += 16;
    count -= 4;
    lo = hi;
  }
  if (count > 0) v128.store_lane<f32>(p, lo, 0);
  if (count > 1) v128.store_lane<f32>(p, lo, 1, 4);
  if (count > 2) v128.store_lane<f32>(p, lo, 2, 8);
}

// @ts-ignore: decorator
@inline export function arg(a: usize, index: i32): i32 {
  return load<i32>(a + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline export function argPointer(a: usize, index: i32): usize {
  return load<usize>(a + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline export function argFloat(a: usize, index: i32): f32 {
  return load<f32>(a + ((<usize>index) << 2));
}

// Four voxels side by side: what the losses read and write.

/** Four voxels' values of one class; behind the last voxel the last one again. */
// @ts-ignore: decorator
@inline export function gather(p0: usize, p1: usize, p2: usize, p3: usize, offset: usize): v128 {
  let v = v128.load32_zero(p0 + offset);
  v = v128.load_lane<f32>(p1 + offset, v, 1);
  v = v128.load_lane<f32>(p2 + offset, v, 2);
  return v128.load_lane<f32>(p3 + offset, v, 3);
}

// @ts-ignore: decorator
@inline export function scatter(p: usize, step: usize, count: i32, v: v128): void {
  v128.store_lane<f32>(p, v, 0);
  if (count > 1) v128.store_lane<f32>(p + step, v, 1);
  if (count > 2) v128.store_lane<f32>(p + 2 * step, v, 2);
  if (count > 3) v128.store_lane<f32>(p + 3 * step, v, 3);
}

/** table[label] of four voxels. */
// @ts-ignore: decorator
@inline export function lookUp(table: usize, l0: usize, l1: usize, l2: usize, l3: usize): v128 {
  let v = v128.load32_zero(table + ((<usize>load<u32>(l0)) << 2));
  v = v128.load_lane<u32>(table + ((<usize>load<u32>(l1)) << 2), v, 1);
  v = v128.load_lane<u32>(table + ((<usize>load<u32>(l2)) << 2), v, 2);
  return v128.load_lane<u32>(table + ((<usize>load<u32>(l3)) << 2), v, 3);
}

/** All bits of the lanes whose mask has bit k, below 32: a shift by more would wrap around. */
// @ts-ignore: decorator
@inline export function has(masks: v128, k: i32): v128 {
  const bit = i32x4.splat(1 << k);
  return i32x4.eq(v128.and(masks, bit), bit);
}

/** The sum of the first `count` lanes. */
// @ts-ignore: decorator
@inline export function sumLanes(v: v128, count: i32): f64 {
  let sum = <f64>f32x4.extract_lane(v, 0);
  if (count > 1) sum += f32x4.extract_lane(v, 1);
  if (count > 2) sum += f32x4.extract_lane(v, 2);
  if (count > 3) sum += f32x4.extract_lane(v, 3);
  return sum;
}

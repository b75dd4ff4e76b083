// Maximum over 2×2×2 voxels, and its gradient.
import { arg, argPointer } from "./simd";

/** One row of y, of W positions, from the four rows of x that begin at x. */
export function maxPoolRow(x: usize, y: usize, W: i32, position: usize, row: usize, plane: usize): void {
  for (let w = 0; w < W; w++, x += position) {
    const next = y + position;
    for (; y + 16 <= next; x += 16, y += 16) {
      const p = x + plane,
        low = f32x4.max(
          f32x4.max(v128.load(x), v128.load(x + position)),
          f32x4.max(v128.load(x + row), v128.load(x + row + position)),
        );
      v128.store(
        y,
        f32x4.max(
          low,
          f32x4.max(
            f32x4.max(v128.load(p), v128.load(p + position)),
            f32x4.max(v128.load(p + row), v128.load(p + row + position)),
          ),
        ),
      );
    }
    for (; y < next; x += 4, y += 4) {
      const p = x + plane,
        low = max(max(load<f32>(x), load<f32>(x + position)), max(load<f32>(x + row), load<f32>(x + row + position)));
      store<f32>(
        y,
        max(low, max(max(load<f32>(p), load<f32>(p + position)), max(load<f32>(p + row), load<f32>(p + row + position)))),
      );
    }
  }
}

/** Arguments: x, y, D, H, W (of y), C. Task: (n, d). */
export function maxPool(a: usize, task: i32, slot: i32): void {
  const H = arg(a, 3),
    W = arg(a, 4);
  const position = (<usize>arg(a, 5)) << 2,
    row = 2 * W * position,
    plane = 2 * H * row;
  const x = argPointer(a, 0) + <usize>task * 2 * plane,
    y = argPointer(a, 1) + <usize>task * (plane >> 2);
  for (let h = 0; h < H; h++) maxPoolRow(x + <usize>h * 2 * row, y + <usize>h * (row >> 1), W, position, row, plane);
}

/**
 * dy where x is the maximum and no earlier voxel of the eight was, plus what is `toMore` bytes from dx (0: nothing);
 * returns who has had it.
 */
// @ts-ignore: decorator
@inline function share(
  x: usize,
  dx: usize,
  offset: usize,
  top: v128,
  gradient: v128,
  taken: v128,
  toMore: usize,
): v128 {
  const here = v128.andnot(f32x4.eq(v128.load(x + offset), top), taken);
  let value = v128.and(gradient, here);
  if (toMore != 0) value = f32x4.add(value, v128.load(dx + offset + toMore));
  v128.store(dx + offset, value);
  return v128.or(taken, here);
}

// @ts-ignore: decorator
@inline function shareOne(
  x: usize,
  dx: usize,
  offset: usize,
  top: f32,
  gradient: f32,
  taken: bool,
  toMore: usize,
): bool {
  const here = !taken && load<f32>(x + offset) == top;
  let value: f32 = here ? gradient : 0;
  if (toMore != 0) value += load<f32>(dx + offset + toMore);
  store<f32>(dx + offset, value);
  return taken || here;
}

/** Arguments: dy, x, y, dx, D, H, W (of y), C, a gradient of the shape of x to add (0: none). Task: (n, d). */
export function maxPoolGrad(a: usize, task: i32, slot: i32): void {
  const H = arg(a, 5),
    W = arg(a, 6),
    C = arg(a, 7);
  const position = (<usize>C) << 2,
    row = 2 * W * position,
    plane = 2 * H * row;
  let y = argPointer(a, 2) + <usize>task * (plane >> 2);
  const toDy = argPointer(a, 0) - argPointer(a, 2),
    toDx = argPointer(a, 3) - argPointer(a, 1),
    more = argPointer(a, 8),
    toMore = more != 0 ? more - argPointer(a, 3) : 0;
  for (let h = 0; h < H; h++) {
    let x = argPointer(a, 1) + <usize>task * 2 * plane + <usize>h * 2 * row;
    for (let w = 0; w < W; w++, x += position) {
      const next = y + position;
      for (; y + 16 <= next; x += 16, y += 16) {
        const top = v128.load(y),
          gradient = v128.load(y + toDy),
          dx = x + toDx;
        let taken = share(x, dx, 0, top, gradient, i32x4.splat(0), toMore);
        taken = share(x, dx, position, top, gradient, taken, toMore);
        taken = share(x, dx, row, top, gradient, taken, toMore);
        taken = share(x, dx, row + position, top, gradient, taken, toMore);
        taken = share(x, dx, plane, top, gradient, taken, toMore);
        taken = share(x, dx, plane + position, top, gradient, taken, toMore);
        taken = share(x, dx, plane + row, top, gradient, taken, toMore);
        share(x, dx, plane + row + position, top, gradient, taken, toMore);
      }
      for (; y < next; x += 4, y += 4) {
        const top = load<f32>(y),
          gradient = load<f32>(y + toDy),
          dx = x + toDx;
        let taken = shareOne(x, dx, 0, top, gradient, false, toMore);
        taken = shareOne(x, dx, position, top, gradient, taken, toMore);
        taken = shareOne(x, dx, row, top, gradient, taken, toMore);
        taken = shareOne(x, dx, row + position, top, gradient, taken, toMore);
        taken = shareOne(x, dx, plane, top, gradient, taken, toMore);
        taken = shareOne(x, dx, plane + position, top, gradient, taken, toMore);
        taken = shareOne(x, dx, plane + row, top, gradient, taken, toMore);
        shareOne(x, dx, plane + row + position, top, gradient, taken, toMore);
      }
    }
  }
}

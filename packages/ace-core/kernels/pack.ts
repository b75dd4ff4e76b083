// Weights in the order in which the inner loop of rows.ts reads them.
import { arg, argPointer } from "./simd";

/**
 * Packs one block of eight output channels: [8 bias][taps][inputs][8], missing channels zero.
 * Arguments: filter, bias (0: none), packed, taps, inputs, outputs, tap stride, input stride, output stride (floats;
 * the tap stride may be negative: the window reversed), panel bytes. Task: group * blocks + block; the filter of a
 * group starts `group stride` floats on (arguments 10 and 11: blocks, group stride).
 */
export function pack(a: usize, task: i32, slot: i32): void {
  const taps = arg(a, 3),
    inputs = arg(a, 4),
    outputs = arg(a, 5);
  const sTap = arg(a, 6),
    sIn = arg(a, 7),
    sOut = arg(a, 8);
  const blocks = arg(a, 10);
  const group = task / blocks,
    first = (task % blocks) * 8;
  const filter = argPointer(a, 0) + ((group * arg(a, 11)) << 2);
  const bias = argPointer(a, 1);
  let p = argPointer(a, 2) + <usize>task * <usize>arg(a, 9);
  const count = min(8, outputs - first);
  for (let c = 0; c < 8; c++, p += 4) {
    store<f32>(p, bias != 0 && c < count ? load<f32>(bias + ((first + c) << 2)) : 0);
  }
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inputs; i++, p += 32) {
      let f = filter + ((tap * sTap + i * sIn + first * sOut) << 2);
      if (count == 8 && sOut == 1) {
        v128.store(p, v128.load(f));
        v128.store(p, v128.load(f, 16), 16);
      } else {
        for (let c = 0; c < 8; c++, f += sOut << 2) store<f32>(p + (c << 2), c < count ? load<f32>(f) : 0);
      }
    }
  }
}

// Convolutions: what each output row reads. The arithmetic is in rows.ts.
import { outputRow } from "./rows";
import { arg, argPointer } from "./simd";

/** Copies a row of `bytes` to `to` with `pad` zero bytes on both sides. Everything is a multiple of 4. */
function padRow(from: usize, to: usize, bytes: usize, pad: usize): void {
  memory.fill(to, 0, pad);
  memory.copy(to + pad, from, bytes);
  memory.fill(to + pad + bytes, 0, pad);
}

/**
 * Stride 1, zero padding to the same size. Packed panels per block of 8 output channels: [8 bias][kd*kh*kw][ci][8].
 * Arguments: x, packed, y, scratch, scratch bytes per slot, D, H, W, CI, CO, KD, KH, KW, depth block, height block.
 * Task: (n, depth block, height block). Scratch per slot: the window's rows padded in W (none needed where KW is 1),
 * before it the table of runs, KD * KH pairs.
 */
export function conv(a: usize, task: i32, slot: i32): void {
  const x = argPointer(a, 0),
    packed = argPointer(a, 1),
    y = argPointer(a, 2);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const D = arg(a, 5),
    H = arg(a, 6),
    W = arg(a, 7),
    CI = arg(a, 8),
    CO = arg(a, 9);
  const KD = arg(a, 10),
    KH = arg(a, 11),
    KW = arg(a, 12),
    DB = arg(a, 13),
    HB = arg(a, 14);
  const PD = KD >> 1,
    PH = KH >> 1,
    PW = KW >> 1;
  const hBlocks = (H + HB - 1) / HB,
    dBlocks = (D + DB - 1) / DB;
  const h0 = (task % hBlocks) * HB,
    d0 = ((task / hBlocks) % dBlocks) * DB,
    n = task / (hBlocks * dBlocks);
  const d1 = min(D, d0 + DB),
    h1 = min(H, h0 + HB);
  // input rows that the window of this block touches
  const e0 = max(0, d0 - PD),
    e1 = min(D, d1 + PD),
    g0 = max(0, h0 - PH),
    g1 = min(H, h1 + PH);
  const rowBytes = (<usize>(W * CI)) << 2,
    step = (<usize>CI) << 2;
  let source: usize, sRow: usize, sPlane: usize;
  if (PW == 0) {
    sRow = rowBytes;
    sPlane = rowBytes * H;
    source = x + <usize>(n * D + e0) * sPlane + <usize>g0 * sRow;
  } else {
    const pad = (<usize>(PW * CI)) << 2;
    sRow = rowBytes + 2 * pad;
    sPlane = sRow * (g1 - g0);
    source = table + ((((<usize>(KD * KH)) << 3) + 63) & ~63);
    let to = source;
    for (let d = e0; d < e1; d++) {
      let from = x + <usize>((n * D + d) * H + g0) * rowBytes;
      for (let h = g0; h < g1; h++, from += rowBytes, to += sRow) padRow(from, to, rowBytes, pad);
    }
  }
  const run = (<usize>(KW * CI)) << 2;
  const runWeights = run << 3;
  const panel = 32 + runWeights * KD * KH;
  const yStep = (<usize>CO) << 2;
  for (let c = 0, w: usize = packed; c < CO; c += 8, w += panel) {
    for (let d = d0; d < d1; d++) {
      for (let h = h0; h < h1; h++) {
        let runs = 0;
        for (let kd = max(0, PD - d); kd < min(KD, D + PD - d); kd++) {
          for (let kh = max(0, PH - h); kh < min(KH, H + PH - h); kh++, runs++) {
            const entry = table + ((<usize>runs) << 3);
            store<usize>(entry, source + <usize>(d + kd - PD - e0) * sPlane + <usize>(h + kh - PH - g0) * sRow);
            store<usize>(entry, w + 32 + <usize>(kd * KH + kh) * runWeights, 4);
          }
        }
        outputRow(table, runs, run, step, w, W, y + <usize>((n * D + d) * H + h) * W * yStep + (c << 2), yStep, CO - c);
      }
    }
  }
}

/**
 * 2×2×2, stride 2, transposed: every input position makes eight output positions. Packed panels: [tap][block][8 bias]
 * [ci][8]. Arguments: x, packed, y, scratch (8 bytes per slot, for the table), scratch bytes per slot, D, H, W (of x),
 * CI, CO. Task: (n, d).
 */
export function convTranspose(a: usize, task: i32, slot: i32): void {
  const x = argPointer(a, 0),
    packed = argPointer(a, 1),
    y = argPointer(a, 2);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const D = arg(a, 5),
    H = arg(a, 6),
    W = arg(a, 7),
    CI = arg(a, 8),
    CO = arg(a, 9);
  const n = task / D,
    d = task % D;
  const run = (<usize>CI) << 2,
    yStep = (<usize>CO) << 3;
  const panel = 32 + (run << 3);
  for (let tap = 0, w = packed; tap < 8; tap++) {
    const kd = tap >> 2,
      kh = (tap >> 1) & 1,
      kw = tap & 1;
    for (let c = 0; c < CO; c += 8, w += panel) {
      for (let h = 0; h < H; h++) {
        store<usize>(table, x + <usize>((n * D + d) * H + h) * W * run);
        store<usize>(table, w + 32, 4);
        const row = ((n * D + d) * 2 + kd) * H * 2 + h * 2 + kh;
        const to = y + ((<usize>(row * W * 2 + kw) * CO + c) << 2);
        outputRow(table, 1, run, run, w, W, to, yStep, CO - c);
      }
    }
  }
}

/**
 * Gradient of convTranspose by its input: a strided convolution of dy. Packed panels per block of 8 input channels:
 * [8 zeros][kd*kh][kw, co][8]. Arguments: dy, packed, dx, scratch (32 bytes per slot), scratch bytes per slot, D, H,
 * W (of dx), CI, CO. Task: (n, d).
 */
export function convTransposeGradInput(a: usize, task: i32, slot: i32): void {
  const dy = argPointer(a, 0),
    packed = argPointer(a, 1),
    dx = argPointer(a, 2);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const D = arg(a, 5),
    H = arg(a, 6),
    W = arg(a, 7),
    CI = arg(a, 8),
    CO = arg(a, 9);
  const n = task / D,
    d = task % D;
  const run = (<usize>CO) << 3,
    runWeights = run << 3,
    step = (<usize>CI) << 2;
  const panel = 32 + 4 * runWeights;
  for (let c = 0, w = packed; c < CI; c += 8, w += panel) {
    for (let h = 0; h < H; h++) {
      for (let tap = 0; tap < 4; tap++) {
        const row = ((n * D + d) * 2 + (tap >> 1)) * H * 2 + h * 2 + (tap & 1);
        store<usize>(table + (tap << 3), dy + <usize>row * W * run);
        store<usize>(table + (tap << 3), w + 32 + tap * runWeights, 4);
      }
      const to = dx + <usize>((n * D + d) * H + h) * W * step + (c << 2);
      outputRow(table, 4, run, run, w, W, to, step, CI - c);
    }
  }
}

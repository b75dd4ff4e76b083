import type { tf } from "../tf.js";
import { KERNELS } from "../ops/contracts.js";
import { shape5 } from "./kernel.js";
import type { Kernel } from "./kernel.js";
import type { Runner } from "./run.js";
import {
  addPartsShader,
  magnitudeGroups,
  magnitudePartsShader,
  scaleShader,
  transposeShader,
  turnedFilterShader,
} from "./shaders/arrange.js";
import { filterGradientShader } from "./shaders/filter-gradient.js";
import { depthOf, rowsOf } from "./shaders/gather.js";
import type { Gather, Grid } from "./shaders/gather.js";
import { productShader } from "./shaders/product.js";
import { channelSumsShader, finishChannelSumsShader, sumLayout } from "./shaders/sums.js";
import type { Rows } from "./shaders/sums.js";
import { gradientParts, gradientTile, productParts, productTile } from "./shaders/tile.js";

type Sides = readonly [number, number, number];

const DOUBLING: Sides = [2, 2, 2];
const POINT: Sides = [1, 1, 1];

const sidesOf = ([d = 1, h = 1, w = 1]: readonly number[]): Sides => [d, h, w];
const gridOf = ([n, d, h, w]: readonly [number, number, number, number, number]): Grid => [n, d, h, w];
const doubled = ([n, d, h, w]: Grid): Grid => [n, 2 * d, 2 * h, 2 * w];

interface Multiplied {
  readonly gather: Gather;
  readonly x: tf.TensorInfo;
  /** `[taps · channels, columns]` */
  readonly weights: tf.TensorInfo;
  readonly columns: number;
  readonly bias?: tf.TensorInfo;
  readonly y: tf.TensorInfo;
  /** Columns are the taps of a volume of twice the size. */
  readonly doubling?: boolean;
  readonly half: boolean;
  /** `x` is a gradient. */
  readonly gradient?: boolean;
}

/** Gathered rows times weights. */
function multiply(runner: Runner, m: Multiplied): void {
  const { gather, x, weights, columns, y, bias, doubling = false, half, gradient = false } = m;
  const [rows, depth] = [rowsOf(gather), depthOf(gather)];
  const tile = productTile(rows, columns);
  const parts = doubling ? 1 : productParts(rows, columns, depth, tile);
  const scaled = half && gradient;
  const ownBias = parts === 1 ? bias : undefined;
  const shader = runner.shader(productShader, {
    gather,
    columns,
    tile,
    parts,
    bias: ownBias !== undefined,
    doubling,
    half,
    scaled,
  });
  const scale = scaled ? scaleOf(runner, x, rowsInSource(gather) * gather.channels) : undefined;
  const target = parts === 1 ? y : runner.make([parts, rows, columns]);
  runner.run(shader, [x, weights, ...(ownBias ? [ownBias] : []), ...(scale ? [scale] : [])], [target]);
  if (target !== y) {
    const add = runner.shader(addPartsShader, parts, rows * columns, ...(bias ? [{ columns }] : []));
    runner.run(add, [target, ...(bias ? [bias] : [])], [y]);
    runner.free(target);
  }
  if (scale) runner.free(scale);
}

const rowsInSource = (gather: Gather): number => rowsOf(gather) * (gather.kind === "doubled" ? 8 : 1);

/** What brings a gradient's numbers to about 1, for 16 bits. */
function scaleOf(runner: Runner, gradient: tf.TensorInfo, count: number): tf.TensorInfo {
  const parts = runner.make([magnitudeGroups(count)]);
  const scale = runner.make([2]);
  runner.run(runner.shader(magnitudePartsShader, count), [gradient], [parts]);
  runner.run(runner.shader(scaleShader, count), [parts], [scale]);
  runner.free(parts);
  return scale;
}

interface Gradient {
  readonly gather: Gather;
  readonly gathered: tf.TensorInfo;
  readonly other: tf.TensorInfo;
  readonly columns: number;
  readonly half: boolean;
  readonly scaled: "gathered" | "other";
  /** `[taps · channels, columns]` */
  readonly result: tf.TensorInfo;
}

/** Gathered rows, transposed, times the other volume. */
function filterGradient(runner: Runner, g: Gradient): void {
  const { gather, gathered, other, columns, half, scaled, result } = g;
  const [voxels, rows] = [rowsOf(gather), depthOf(gather)];
  const tile = gradientTile(rows, columns, voxels);
  const parts = gradientParts(rows, columns, voxels, tile);
  const gradientSize = scaled === "other" ? voxels * columns : rowsInSource(gather) * gather.channels;
  const scale = half ? scaleOf(runner, scaled === "other" ? other : gathered, gradientSize) : undefined;
  const target = parts === 1 ? result : runner.make([parts, rows, columns]);
  const shader = runner.shader(filterGradientShader, { gather, columns, tile, parts, half, scaled });
  runner.run(shader, [gathered, other, ...(scale ? [scale] : [])], [target]);
  if (target !== result) {
    runner.run(runner.shader(addPartsShader, parts, rows * columns), [target], [result]);
    runner.free(target);
  }
  if (scale) runner.free(scale);
}

/** Sum over all voxels, `[channels]`. */
function biasGradient(runner: Runner, dy: tf.TensorInfo): tf.TensorInfo {
  const [n, d, h, w, channels] = shape5(dy);
  const rows: Rows = { samples: n, voxels: d * h * w, channels };
  const partial = runner.make([n, sumLayout(rows).blocks, channels, 4]);
  const result = runner.make([channels]);
  runner.run(runner.shader(channelSumsShader, rows), [dy], [partial]);
  runner.run(runner.shader(finishChannelSumsShader, rows), [partial], [result]);
  runner.free(partial);
  return result;
}

const wantsHalf = (runner: Runner, attributes: Readonly<Record<string, unknown>>): boolean =>
  runner.half && attributes["precision"] === "mixed";

export const CONVOLUTIONS: Readonly<Record<string, Kernel>> = {
  [KERNELS.biasGrad]: (runner, input) => [biasGradient(runner, input("dy"))],
  [KERNELS.conv3d]: (runner, input, attributes) => {
    const [x, filter] = [input("x"), input("filter")];
    const bias = input.has("bias") ? { bias: input("bias") } : {};
    const shape = shape5(x);
    const [kd, kh, kw, channels, columns] = shape5(filter);
    const gather: Gather = { kind: "same", grid: gridOf(shape), sides: [kd, kh, kw], channels };
    const y = runner.make([...gridOf(shape), columns]);
    multiply(runner, { gather, x, weights: filter, columns, ...bias, y, half: wantsHalf(runner, attributes) });
    return [y];
  },
  [KERNELS.conv3dGradInput]: (runner, input, attributes) => {
    const [dy, filter] = [input("dy"), input("filter")];
    const shape = shape5(dy);
    const [kd, kh, kw, columns, channels] = shape5(filter);
    const gather: Gather = { kind: "same", grid: gridOf(shape), sides: [kd, kh, kw], channels };
    const weights = runner.make([kd, kh, kw, channels, columns]);
    runner.run(runner.shader(turnedFilterShader, kd * kh * kw, columns, channels), [filter], [weights]);
    const y = runner.make([...gridOf(shape), columns]);
    multiply(runner, { gather, x: dy, weights, columns, y, half: wantsHalf(runner, attributes), gradient: true });
    runner.free(weights);
    return [y];
  },
  [KERNELS.conv3dGradFilter]: (runner, input, attributes) => {
    const [x, dy] = [input("x"), input("dy")];
    const shape = shape5(x);
    const sides = sidesOf(attributes["kernel"] as readonly number[]);
    const columns = shape5(dy)[4];
    const gather: Gather = { kind: "same", grid: gridOf(shape), sides, channels: shape[4] };
    const result = runner.make([...sides, shape[4], columns]);
    const half = wantsHalf(runner, attributes);
    filterGradient(runner, { gather, gathered: x, other: dy, columns, half, scaled: "other", result });
    return [result];
  },
  [KERNELS.convTranspose3d]: (runner, input, attributes) => {
    const [x, filter, bias] = [input("x"), input("filter"), input("bias")];
    const shape = shape5(x);
    const [, , , outputs, channels] = shape5(filter);
    const gather: Gather = { kind: "same", grid: gridOf(shape), sides: POINT, channels };
    const weights = runner.make([channels, 8 * outputs]);
    runner.run(runner.shader(transposeShader, 8 * outputs, channels), [filter], [weights]);
    const y = runner.make([...doubled(gridOf(shape)), outputs]);
    const half = wantsHalf(runner, attributes);
    multiply(runner, { gather, x, weights, columns: 8 * outputs, bias, y, doubling: true, half });
    runner.free(weights);
    return [y];
  },
  [KERNELS.convTranspose3dGradInput]: (runner, input, attributes) => {
    const [dy, filter] = [input("dy"), input("filter")];
    const [n, d, h, w, channels] = shape5(dy);
    const columns = shape5(filter)[4];
    const grid: Grid = [n, d / 2, h / 2, w / 2];
    const gather: Gather = { kind: "doubled", grid, sides: DOUBLING, channels };
    const y = runner.make([...grid, columns]);
    const half = wantsHalf(runner, attributes);
    multiply(runner, { gather, x: dy, weights: filter, columns, y, half, gradient: true });
    return [y];
  },
  [KERNELS.convTranspose3dGradFilter]: (runner, input, attributes) => {
    const [x, dy] = [input("x"), input("dy")];
    const shape = shape5(x);
    const outputs = shape5(dy)[4];
    const columns = shape[4];
    const gather: Gather = { kind: "doubled", grid: gridOf(shape), sides: DOUBLING, channels: outputs };
    const result = runner.make([...DOUBLING, outputs, columns]);
    const half = wantsHalf(runner, attributes);
    filterGradient(runner, { gather, gathered: dy, other: x, columns, half, scaled: "gathered", result });
    return [result];
  },
};

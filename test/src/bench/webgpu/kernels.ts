import { tf } from "@fedace/ace-core/engine";
import { KERNELS } from "@fedace/ace-core/engine/ops";
import type { Precision } from "@fedace/ace-core/engine/ops";
import { channelsAt } from "@fedace/ace-core/model";
import type { NetworkSpec } from "@fedace/ace-core/model";

/** One kernel on one shape. */
export interface Job {
  readonly what: string;
  /** Multiplications and additions, 10⁹; undefined where memory bounds it. */
  readonly gflop: number | undefined;
  /** Bytes read and written at least once, 10⁹. */
  readonly gigabytes: number;
  /** Makes what it runs on; `run` gives what the kernel makes. */
  prepare(): { run: () => tf.Tensor | tf.Tensor[]; inputs: tf.Tensor[] };
}

const one = (kernel: string, inputs: tf.NamedTensorMap, attributes: object = {}): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
const random = (shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, "float32", 1);
const bytes = (...sizes: number[]): number => (4 * sizes.reduce((sum, size) => sum + size, 0)) / 1e9;

/** Forward and both gradients of a 3×3×3 convolution. */
function convolution(batch: number, side: number, from: number, to: number, precision: Precision): Job[] {
  const voxels = batch * side ** 3;
  const shape = (channels: number): number[] => [batch, side, side, side, channels];
  const filter = [3, 3, 3, from, to];
  const common = {
    gflop: (2 * voxels * 27 * from * to) / 1e9,
    gigabytes: bytes(voxels * from, voxels * to, 27 * from * to),
  };
  const title = (what: string): string => `${what} ${side}³ ${from} to ${to}${precision === "mixed" ? ", 16 bit" : ""}`;
  const job = (what: string, kernel: string, shapes: Readonly<Record<string, number[]>>, attributes = {}): Job => ({
    ...common,
    what: title(what),
    prepare: () => {
      const inputs = Object.fromEntries(Object.entries(shapes).map(([name, size]) => [name, random(size)]));
      return { run: () => one(kernel, inputs, { precision, ...attributes }), inputs: Object.values(inputs) };
    },
  });
  return [
    job("forward", KERNELS.conv3d, { x: shape(from), filter }),
    job("input gradient", KERNELS.conv3dGradInput, { dy: shape(to), filter }),
    job("filter gradient", KERNELS.conv3dGradFilter, { x: shape(from), dy: shape(to) }, { kernel: [3, 3, 3] }),
  ];
}

/** Passes over a volume: what they are measured by is the memory. */
function passes(batch: number, side: number, channels: number, groups: number): Job[] {
  const volume = [batch, side, side, side, channels];
  const size = batch * side ** 3 * channels;
  const attributes = { groups, epsilon: 1e-5, relu: true };
  const named = (
    inputs: Readonly<Record<string, tf.Tensor>>,
    kernel: string,
    options = {},
  ): ReturnType<Job["prepare"]> => ({
    run: () => one(kernel, inputs, options),
    inputs: Object.values(inputs),
  });
  const affine = (): Record<string, tf.Tensor> => ({ gamma: random([channels]), beta: random([channels]) });
  const moments = (): Record<string, tf.Tensor> => ({
    mean: tf.zeros([batch, groups]),
    inverseDeviation: tf.ones([batch, groups]),
  });
  const at = `${side}³ of ${channels}`;
  return [
    {
      what: `norm ${at}`,
      gflop: undefined,
      gigabytes: bytes(3 * size),
      prepare: () => named({ x: random(volume), ...affine() }, KERNELS.groupNorm, attributes),
    },
    {
      what: `norm gradient ${at}`,
      gflop: undefined,
      gigabytes: bytes(5 * size),
      prepare: () =>
        named({ dy: random(volume), x: random(volume), ...affine(), ...moments() }, KERNELS.groupNormGrad, attributes),
    },
    {
      what: `pool ${at}`,
      gflop: undefined,
      gigabytes: bytes(size, size / 8),
      prepare: () => named({ x: random(volume) }, KERNELS.maxPool3d),
    },
    {
      what: `add ${at}`,
      gflop: undefined,
      gigabytes: bytes(3 * size),
      prepare: () => named({ a: random(volume), b: random(volume) }, tf.Add),
    },
  ];
}

/** Up by two with a transposed convolution, forward and both gradients. */
function raising(batch: number, side: number, from: number, to: number): Job[] {
  const [coarse, fine] = [batch * side ** 3, batch * (2 * side) ** 3];
  const x = [batch, side, side, side, from];
  const dy = [batch, 2 * side, 2 * side, 2 * side, to];
  const filter = [2, 2, 2, to, from];
  const job = (what: string, kernel: string, shapes: Readonly<Record<string, number[]>>): Job => ({
    what: `${what} ${side}³ ${from} to ${to}`,
    gflop: (2 * coarse * 8 * from * to) / 1e9,
    gigabytes: bytes(coarse * from, fine * to, 8 * from * to),
    prepare: () => {
      const inputs = Object.fromEntries(Object.entries(shapes).map(([name, size]) => [name, random(size)]));
      return { run: () => one(kernel, inputs, { kernel: [2, 2, 2] }), inputs: Object.values(inputs) };
    },
  });
  return [
    job("transposed", KERNELS.convTranspose3d, { x, filter, bias: [to] }),
    job("transposed, input gradient", KERNELS.convTranspose3dGradInput, { dy, filter }),
    job("transposed, filter gradient", KERNELS.convTranspose3dGradFilter, { x, dy }),
  ];
}

/** Losses over all voxels. */
function losses(batch: number, side: number, classes: number): Job[] {
  const voxels = batch * side ** 3;
  return [KERNELS.ace, KERNELS.marginalDice].map((kernel) => ({
    what: `${kernel.replace("Fedace", "")} ${side}³ of ${classes}`,
    gflop: undefined,
    gigabytes: bytes(2 * voxels * classes, voxels),
    prepare: () => {
      const inputs = {
        logits: random([batch, side, side, side, classes]),
        labels: tf.zeros([batch, side, side, side], "int32"),
      };
      return { run: () => one(kernel, inputs, { sets: [1, 2, 4], foreground: [1, 2] }), inputs: Object.values(inputs) };
    },
  }));
}

/** What a training step of a network is made of, kernel by kernel and level by level. */
export function jobsOf(spec: NetworkSpec, batch: number, side: number, precision: Precision): Job[] {
  const jobs: Job[] = [];
  for (let level = 0; level < spec.levels; level++) {
    const [channels, here] = [channelsAt(spec, level), side / 2 ** level];
    jobs.push(...convolution(batch, here, level === 0 ? spec.inputs : channels / 2, channels, precision));
    jobs.push(...convolution(batch, here, channels, channels, precision));
    if (precision === "mixed") continue;
    if (level > 0) jobs.push(...raising(batch, here, channels, channels / 2));
    jobs.push(...passes(batch, here, channels, spec.groups));
  }
  return precision === "mixed" ? jobs : [...jobs, ...losses(batch, side, spec.classes)];
}

/** tfjs's own 3D convolution, for comparison. */
export function stockForward(batch: number, side: number, channels: number): Job {
  const voxels = batch * side ** 3;
  return {
    what: `tfjs's own forward ${side}³ ${channels} to ${channels}`,
    gflop: (2 * voxels * 27 * channels * channels) / 1e9,
    gigabytes: bytes(2 * voxels * channels, 27 * channels * channels),
    prepare: () => {
      const inputs = [random([batch, side, side, side, channels]), random([3, 3, 3, channels, channels])];
      const [x, filter] = inputs as [tf.Tensor5D, tf.Tensor5D];
      return { run: () => tf.conv3d(x, filter, 1, "same"), inputs };
    },
  };
}

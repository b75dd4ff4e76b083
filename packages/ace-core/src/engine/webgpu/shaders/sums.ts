import { lines, shader, THREADS } from "./shader.js";
import type { Element, Shader } from "./shader.js";

/** A volume as sums per channel see it. */
export interface Rows {
  /** Samples that are summed up apart. */
  readonly samples: number;
  /** Voxels of a sample. */
  readonly voxels: number;
  readonly channels: number;
}

/** Voxels that one invocation adds up before they are merged; few, so that little is lost by cancellation. */
const RUN = 32;
/** More blocks per sample would only be more to add up in the end. */
const MOST_BLOCKS = 256;
/** Neighbouring channels that a workgroup takes, at most. */
const MOST_ACROSS = 64;

interface Layout {
  /** Channels per workgroup, and invocations per channel. */
  readonly across: number;
  readonly down: number;
  readonly channelTiles: number;
  /** Voxels of a block. */
  readonly block: number;
  /** Blocks per sample. */
  readonly blocks: number;
}

/** How the voxels of a sample are cut into blocks. */
export function sumLayout({ voxels, channels }: Rows): Layout {
  let across = 1;
  while (across < channels && across < MOST_ACROSS) across *= 2;
  const down = THREADS / across;
  const runs = Math.max(1, Math.ceil(voxels / (down * RUN * MOST_BLOCKS)));
  const block = down * RUN * runs;
  return { across, down, channelTiles: Math.ceil(channels / across), block, blocks: Math.ceil(voxels / block) };
}

interface PartialSums {
  readonly label: string;
  readonly rows: Rows;
  readonly reads: Readonly<Record<string, Element>>;
  /** Declarations before the voxels of an invocation, where `channel` and `sample` are known. */
  readonly begin: string;
  /** What one voxel gives to a run's sums: from `at`, its place in the volume, to `first` and `second`. */
  readonly voxel: string;
  /** What a finished run of `count` voxels gives to `total`. */
  readonly merge: string;
  /** `total` of two neighbours, as WGSL of `mine` and `other`. */
  readonly combine: string;
}

/**
 * Sums per channel over blocks of voxels: every invocation adds up runs of voxels of one channel, then a tree joins
 * the invocations of a channel. `total` is a `vec4<f32>`; the result is `[samples, blocks, channels]` of them.
 */
function partialSums({ label, rows, reads, begin, voxel, merge, combine }: PartialSums): Shader {
  const { across, down, channelTiles, block, blocks } = sumLayout(rows);
  const { samples, voxels, channels } = rows;
  return shader({
    label,
    reads,
    writes: { partial: "vec4<f32>" },
    threads: THREADS,
    groups: samples * blocks * channelTiles,
    declarations: `
var<workgroup> totals : array<vec4<f32>, ${THREADS}>;
fn combined(mine : vec4<f32>, other : vec4<f32>) -> vec4<f32> { ${combine} }`,
    body: `
  let channel = group % ${channelTiles}u * ${across}u + lane % ${across}u;
  let block = group / ${channelTiles}u % ${blocks}u;
  let sample = group / ${channelTiles * blocks}u;
  let down = lane / ${across}u;
  var total = vec4<f32>();
  if (channel < ${channels}u) {
    ${begin}
    for (var row = block * ${block}u + down; row < min((block + 1u) * ${block}u, ${voxels}u);) {
      var first = 0.0;
      var second = 0.0;
      var count = 0.0;
      let pilot = (sample * ${voxels}u + row) * ${channels}u + channel;
      for (var i = 0u; i < ${RUN}u; i++) {
        if (row >= ${voxels}u) { break; }
        let at = (sample * ${voxels}u + row) * ${channels}u + channel;
        ${voxel}
        count += 1.0;
        row += ${down}u;
      }
      ${merge}
    }
  }
  totals[lane] = total;
  for (var other = ${down / 2}u; other > 0u; other /= 2u) {
    workgroupBarrier();
    if (down < other) { totals[lane] = combined(totals[lane], totals[lane + other * ${across}u]); }
  }
  if (down == 0u && channel < ${channels}u) { partial[(sample * ${blocks}u + block) * ${channels}u + channel] = totals[lane]; }`,
  });
}

/**
 * Count, mean and sum of squared deviations of every block and channel. A run is shifted by its first value and runs
 * are merged as by Chan, Golub & LeVeque (1979): a mean far from zero costs no digits.
 *
 * Buffers: x → partial `[samples, blocks, channels]` of (count, mean, squares, –).
 */
export function momentsShader(rows: Rows): Shader {
  const combine = `
    let count = mine.x + other.x;
    if (count == 0.0) { return mine; }
    let difference = other.y - mine.y;
    let share = other.x / count;
    return vec4<f32>(count, mine.y + difference * share, mine.z + other.z + difference * difference * mine.x * share, 0.0);`;
  return partialSums({
    label: "moments",
    rows,
    reads: { x: "f32" },
    begin: "",
    voxel: `let difference = x[at] - x[pilot]; first += difference; second += difference * difference;`,
    merge: `
      let shift = first / count;
      total = combined(total, vec4<f32>(count, x[pilot] + shift, max(0.0, second - first * shift), 0.0));`,
    combine,
  });
}

const PLAIN_SUM = "return mine + other;";

/** Sums of a volume per channel. Buffers: x → partial `[samples, blocks, channels]` of (sum, –, –, –). */
export function channelSumsShader(rows: Rows): Shader {
  return partialSums({
    label: "channel sums",
    rows,
    reads: { x: "f32" },
    begin: "",
    voxel: "first += x[at]; second += f32(pilot == 0u);",
    merge: "total += vec4<f32>(first, 0.0, 0.0, count * 0.0);",
    combine: PLAIN_SUM,
  });
}

/**
 * Σ δ and Σ δ·x̂ per channel, δ the gradient behind scale and ReLU, x̂ the normalised value.
 *
 * Buffers: dy, x, gamma, beta, mean, inverse → partial `[samples, blocks, channels]` of (Σ δ, Σ δ·x̂, –, –).
 */
export function gradientSumsShader(rows: Rows, groups: number, relu: boolean): Shader {
  const own = `sample * ${groups}u + channel / ${rows.channels / groups}u`;
  return partialSums({
    label: "normalisation, gradient sums",
    rows,
    reads: { dy: "f32", x: "f32", gamma: "f32", beta: "f32", mean: "f32", inverse: "f32" },
    begin: `
    let middle = mean[${own}];
    let steepness = inverse[${own}];
    let scale = gamma[channel];
    let shift = beta[channel];`,
    voxel: `
        let normalised = (x[at] - middle) * steepness;
        let behind = ${relu ? "select(0.0, dy[at], normalised * scale + shift > 0.0)" : "dy[at]"};
        first += behind;
        second += behind * normalised;`,
    merge: "total += vec4<f32>(first, second, 0.0, 0.0);",
    combine: PLAIN_SUM,
  });
}

/** Adds the blocks and samples of {@link channelSumsShader} up. Buffers: partial → result `[channels]`. */
export function finishChannelSumsShader(rows: Rows): Shader {
  const count = rows.samples * sumLayout(rows).blocks;
  return shader({
    label: "channel sums, finish",
    reads: { partial: "vec4<f32>" },
    writes: { result: "f32" },
    threads: 64,
    groups: rows.channels,
    declarations: "var<workgroup> shared_sums : array<f32, 64>;",
    body: `
  var sum = 0.0;
  for (var i = lane; i < ${count}u; i += 64u) { sum += partial[i * ${rows.channels}u + group].x; }
  ${treeSum(64, "shared_sums", "sum")}
  if (lane == 0u) { result[group] = shared_sums[0]; }`,
  });
}

/** Adds `value` of all invocations up into `shared[0]`; what is in `shared` before must no longer be needed. */
export function treeSum(threads: number, shared: string, value: string): string {
  const steps = Math.log2(threads);
  return `
  workgroupBarrier();
  ${shared}[lane] = ${value};
  ${lines(steps, (i) => {
    const half = threads >> (i + 1);
    return `workgroupBarrier();
  if (lane < ${half}u) { ${shared}[lane] += ${shared}[lane + ${half}u]; }`;
  })}
  workgroupBarrier();`;
}

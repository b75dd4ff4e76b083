import { elementOf, elementwise, shader, widthFor } from "./shader.js";
import type { Shader } from "./shader.js";
import { sumLayout, treeSum } from "./sums.js";
import type { Rows } from "./sums.js";

const THREADS = 256;

/**
 * Mean and inverse standard deviation of every sample and group: all counts, means and squares of its blocks and
 * channels joined. Buffers: partial → mean, inverse, both `[samples, groups]`.
 */
export function finishMomentsShader(rows: Rows, groups: number, epsilon: number): Shader {
  const { blocks } = sumLayout(rows);
  const perGroup = rows.channels / groups;
  const entries = blocks * perGroup;
  const each = (body: string): string => `
  for (var i = lane; i < ${entries}u; i += ${THREADS}u) {
    let entry = partial[(sample * ${blocks}u + i / ${perGroup}u) * ${rows.channels}u + own * ${perGroup}u + i % ${perGroup}u];
    ${body}
  }`;
  return shader({
    label: "moments, finish",
    reads: { partial: "vec4<f32>" },
    writes: { mean: "f32", inverse: "f32" },
    threads: THREADS,
    groups: rows.samples * groups,
    declarations: `var<workgroup> shared_sums : array<f32, ${THREADS}>;`,
    body: `
  let sample = group / ${groups}u;
  let own = group % ${groups}u;
  // The mean of means is taken from one of them, so that large means cost no digits.
  let pilot = partial[sample * ${blocks * rows.channels}u + own * ${perGroup}u].y;
  var shifts = 0.0;
  ${each("shifts += entry.x * (entry.y - pilot);")}
  ${treeSum(THREADS, "shared_sums", "shifts")}
  let middle = pilot + shared_sums[0] / ${rows.voxels * perGroup}.0;
  var squares = 0.0;
  ${each("squares += entry.z + entry.x * (entry.y - middle) * (entry.y - middle);")}
  ${treeSum(THREADS, "shared_sums", "squares")}
  if (lane == 0u) {
    mean[group] = middle;
    inverse[group] = 1.0 / sqrt(shared_sums[0] / ${rows.voxels * perGroup}.0 + ${epsilon});
  }`,
  });
}

/** `own` group of element `i` of a volume, `c` its (first) channel. */
function placeCode({ voxels, channels }: Rows, groups: number, width: 1 | 4): string {
  return `
  let c = i % ${channels / width}u;
  let sample = i / ${(voxels * channels) / width}u;
  ${width === 4 ? ownOfFour(channels, groups) : `let own = sample * ${groups}u + c / ${channels / groups}u;`}`;
}

function ownOfFour(channels: number, groups: number): string {
  return `let own = vec4<u32>(sample * ${groups}u) + (vec4<u32>(c * 4u) + vec4<u32>(0u, 1u, 2u, 3u)) / ${channels / groups}u;`;
}

const read = (name: string, width: 1 | 4): string =>
  width === 4 ? `vec4<f32>(${[0, 1, 2, 3].map((j) => `${name}[own[${j}]]`).join(", ")})` : `${name}[own]`;

/** Scale and shift of the normalised volume, then max(0, ·). Buffers: x, gamma, beta, mean, inverse → y. */
export function normaliseShader(rows: Rows, groups: number, relu: boolean): Shader {
  const width = widthFor(rows.channels);
  const element = elementOf(width);
  const y = `(x[i] - ${read("mean", width)}) * (${read("inverse", width)} * gamma[c]) + beta[c]`;
  return elementwise({
    label: "normalisation",
    reads: { x: element, gamma: element, beta: element, mean: "f32", inverse: "f32" },
    writes: { y: element },
    count: (rows.samples * rows.voxels * rows.channels) / width,
    body: `${placeCode(rows, groups, width)}
  y[i] = ${relu ? `max(${y}, ${element}())` : y};`,
  });
}

/**
 * Per sample and group the means of δ·γ and of δ·γ·x̂, and over all samples the gradients of gamma and beta. One
 * workgroup per group of channels. `sums` (`[samples, channels, 2]`) is scratch.
 *
 * Buffers: partial, gamma → sums, means `[samples, groups]` of vec2, dgamma, dbeta.
 */
export function finishGradientShader(rows: Rows, groups: number): Shader {
  const { blocks } = sumLayout(rows);
  const { samples, channels } = rows;
  const perGroup = channels / groups;
  return shader({
    label: "normalisation, finish gradient",
    reads: { partial: "vec4<f32>", gamma: "f32" },
    writes: { sums: "vec2<f32>", means: "vec2<f32>", dgamma: "f32", dbeta: "f32" },
    threads: THREADS,
    groups,
    body: `
  for (var pair = lane; pair < ${samples * perGroup}u; pair += ${THREADS}u) {
    let sample = pair / ${perGroup}u;
    let channel = group * ${perGroup}u + pair % ${perGroup}u;
    var sum = vec2<f32>();
    for (var block = 0u; block < ${blocks}u; block++) { sum += partial[(sample * ${blocks}u + block) * ${channels}u + channel].xy; }
    sums[sample * ${channels}u + channel] = sum;
  }
  storageBarrier();
  for (var sample = lane; sample < ${samples}u; sample += ${THREADS}u) {
    var mean = vec2<f32>();
    for (var c = group * ${perGroup}u; c < (group + 1u) * ${perGroup}u; c++) { mean += sums[sample * ${channels}u + c] * gamma[c]; }
    means[sample * ${groups}u + group] = mean / ${rows.voxels * perGroup}.0;
  }
  for (var c = group * ${perGroup}u + lane; c < (group + 1u) * ${perGroup}u; c += ${THREADS}u) {
    var sum = vec2<f32>();
    for (var sample = 0u; sample < ${samples}u; sample++) { sum += sums[sample * ${channels}u + c]; }
    dbeta[c] = sum.x;
    dgamma[c] = sum.y;
  }`,
  });
}

/**
 * dx = (δ·γ − mean(δ·γ) − x̂ · mean(δ·γ·x̂)) / deviation. Buffers: dy, x, gamma, beta, mean, inverse, means → dx.
 */
export function normaliseGradientShader(rows: Rows, groups: number, relu: boolean): Shader {
  const width = widthFor(rows.channels);
  const element = elementOf(width);
  const mean = (part: "x" | "y"): string =>
    width === 4 ? `vec4<f32>(${[0, 1, 2, 3].map((j) => `means[own[${j}]].${part}`).join(", ")})` : `means[own].${part}`;
  return elementwise({
    label: "normalisation, gradient",
    reads: { dy: element, x: element, gamma: element, beta: element, mean: "f32", inverse: "f32", means: "vec2<f32>" },
    writes: { dx: element },
    count: (rows.samples * rows.voxels * rows.channels) / width,
    body: `${placeCode(rows, groups, width)}
  let steepness = ${read("inverse", width)};
  let normalised = (x[i] - ${read("mean", width)}) * steepness;
  let behind = ${relu ? `select(${element}(), dy[i], normalised * gamma[c] + beta[c] > ${element}())` : "dy[i]"};
  dx[i] = (behind * gamma[c] - ${mean("x")} - normalised * ${mean("y")}) * steepness;`,
  });
}

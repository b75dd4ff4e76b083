import { DICE_TARGET, diceTargets } from "../../ops/targets.js";
import { elementwise, lines, shader } from "./shader.js";
import type { Shader } from "./shader.js";
import { treeSum } from "./sums.js";

const THREADS = 256;
/** Workgroups that add a loss up; each of their invocations goes over several voxels. */
const MOST_GROUPS = 512;

export const lossGroups = (voxels: number): number => Math.min(MOST_GROUPS, Math.ceil(voxels / THREADS));

/** The logits of voxel `i`, largest first subtracted: `e0…` are their exponentials, `sum_all` their sum. */
function softmaxCode(classes: number): string {
  const each = (line: (k: number) => string): string => lines(classes, line);
  return `
    ${each((k) => `let z${k} = logits[i * ${classes}u + ${k}u];`)}
    var largest = z0;
    ${each((k) => `largest = max(largest, z${k});`)}
    ${each((k) => `let e${k} = exponential(z${k} - largest);`)}
    let sum_all = ${lines(classes, (k) => `e${k}`, " + ")};`;
}

/** Below this the exponential of a float is 0 for every purpose here. */
const LEAST_EXPONENT = -87;

/**
 * `exponential(x)` for x ≤ 0 and `logarithm(x)` for x ≥ 1, to two units in the last place: a device's own may be wrong
 * by 3 + 2|x| units (WGSL, accuracy of expressions). Reduced by powers of two (Cody & Waite), then a Taylor series and
 * the series of artanh.
 */
export const ACCURATE_FUNCTIONS = `
fn exponential(x : f32) -> f32 {
  if (x < ${LEAST_EXPONENT}.0) { return 0.0; }
  let n = round(x * 1.44269504);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  let p = 1.0 + r * (1.0 + r * (0.5 + r * (0.16666667 + r * (0.041666668 + r * (0.0083333338 + r * 0.0013888889)))));
  return ldexp(p, i32(n));
}
fn logarithm(x : f32) -> f32 {
  let parts = frexp(x);
  let small = parts.fract < 0.70710678;
  let m = select(parts.fract, parts.fract * 2.0, small);
  let n = f32(select(parts.exp, parts.exp - 1, small));
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = s * (2.0 + q * (0.66666667 + q * (0.4 + q * (0.28571430 + q * 0.22222222))));
  return n * 0.693359375 + (series - n * 2.12194440e-4);
}`;

const setTable = (sets: readonly number[]): string =>
  `const SETS = array<u32, ${sets.length}>(${sets.map((set) => `${set >>> 0}u`).join(", ")});`;

/**
 * Adaptive cross entropy: every voxel's loss and gradient; the losses added up per workgroup.
 *
 * Buffers: logits, labels → partial `[groups]`, dlogits.
 */
export function aceShader(voxels: number, classes: number, sets: readonly number[]): Shader {
  const groups = lossGroups(voxels);
  const all = 2 ** classes - 1;
  const each = (line: (k: number) => string): string => lines(classes, line);
  const has = (k: number): string => `((own_set & ${2 ** k}u) != 0u)`;
  return shader({
    label: "adaptive cross entropy",
    reads: { logits: "f32", labels: "i32" },
    writes: { partial: "f32", dlogits: "f32" },
    threads: THREADS,
    groups,
    declarations: `var<workgroup> shared_sums : array<f32, ${THREADS}>;
${ACCURATE_FUNCTIONS}
${setTable(sets)}`,
    body: `
  var loss = 0.0;
  for (var i = group * ${THREADS}u + lane; i < ${voxels}u; i += ${groups * THREADS}u) {
    var sets = SETS;
    let own_set = sets[labels[i]];
    ${softmaxCode(classes)}
    // The set's own maximum: −∞ would be the neutral element, which WGSL may assume never to occur.
    var largest_in = -3.4e38;
    ${each((k) => `if (${has(k)}) { largest_in = max(largest_in, z${k}); }`)}
    ${each((k) => `let a${k} = select(0.0, exponential(z${k} - largest_in), ${has(k)});`)}
    let sum_in = ${lines(classes, (k) => `a${k}`, " + ")};
    if (own_set == ${all}u) {
      ${each((k) => `dlogits[i * ${classes}u + ${k}u] = 0.0;`)}
    } else {
      loss += (largest - largest_in) + (logarithm(sum_all) - logarithm(sum_in));
      ${each((k) => `dlogits[i * ${classes}u + ${k}u] = (e${k} / sum_all - a${k} / sum_in) / ${voxels}.0;`)}
    }
  }
  ${treeSum(THREADS, "shared_sums", "loss")}
  if (lane == 0u) { partial[group] = shared_sums[0]; }`,
  });
}

/** Adds `count` numbers up and divides. Buffers: partial → result (scalar). */
export function meanShader(count: number, divisor: number): Shader {
  return shader({
    label: "mean",
    reads: { partial: "f32" },
    writes: { result: "f32" },
    threads: THREADS,
    groups: 1,
    declarations: `var<workgroup> shared_sums : array<f32, ${THREADS}>;`,
    body: `
  var sum = 0.0;
  for (var i = lane; i < ${count}u; i += ${THREADS}u) { sum += partial[i]; }
  ${treeSum(THREADS, "shared_sums", "sum")}
  if (lane == 0u) { result[0] = shared_sums[0] / ${divisor}.0; }`,
  });
}

export interface Dice {
  readonly voxels: number;
  readonly classes: number;
  readonly sets: readonly number[];
  /** Label indices whose sets are scored, at least one. */
  readonly foreground: readonly number[];
}

/** Probability `p` of each scored set at voxel `i`, and `target_f` of the voxel's label. */
function diceCode({ classes, sets, foreground }: Dice): string {
  const merged = (f: number): string => {
    const set = sets[foreground[f] ?? 0] ?? 0;
    const inside = Array.from({ length: classes }, (_, k) => k).filter((k) => ((set >>> k) & 1) === 1);
    return inside.map((k) => `e${k}`).join(" + ") || "0.0";
  };
  return `
    ${softmaxCode(classes)}
    let label = u32(labels[i]);
    var targets = TARGETS;
    ${lines(
      foreground.length,
      (f) => `
    let target_${f} = i32((targets[label * ${targetWords(foreground)}u + ${Math.floor(f / TARGETS_PER_WORD)}u] >> ${2 * (f % TARGETS_PER_WORD)}u) & 3u) - 1;
    let p${f} = (${merged(f)}) / sum_all;`,
    )}`;
}

/**
 * Targets of one word of the shaders' table, two bits each: with a word for every target, the table of a map of more
 * than 127 scored sets would be larger than the 64 KiB that a variable may have.
 */
const TARGETS_PER_WORD = 16;

const targetWords = (foreground: readonly number[]): number => Math.ceil(foreground.length / TARGETS_PER_WORD);

/** The targets of every label, one more than they are so that none is negative, in {@link targetWords} words each. */
function diceDeclarations({ sets, foreground }: Dice): string {
  const targets = diceTargets(sets, foreground);
  const words = sets.flatMap((_, label) =>
    Array.from({ length: targetWords(foreground) }, (_, word) => {
      const first = label * foreground.length + word * TARGETS_PER_WORD;
      const last = Math.min(first + TARGETS_PER_WORD, (label + 1) * foreground.length);
      return targets.slice(first, last).reduceRight((bits, target) => bits * 4 + target + 1, 0);
    }),
  );
  return `${ACCURATE_FUNCTIONS}
const TARGETS = array<u32, ${words.length}>(${words.map((word) => `${word}u`).join(", ")});`;
}

/**
 * The sums of marginal Dice per workgroup: for each scored set 2 Σ P g and Σ P + Σ g.
 *
 * Buffers: logits, labels → partial `[groups, scored]` of vec2.
 */
export function diceSumsShader(dice: Dice): Shader {
  const groups = lossGroups(dice.voxels);
  const scored = dice.foreground.length;
  return shader({
    label: "marginal Dice, sums",
    reads: { logits: "f32", labels: "i32" },
    writes: { partial: "vec2<f32>" },
    threads: THREADS,
    groups,
    declarations: `var<workgroup> shared_sums : array<vec2<f32>, ${THREADS}>;
${diceDeclarations(dice)}`,
    body: `
  ${lines(scored, (f) => `var sum_${f} = vec2<f32>();`)}
  for (var i = group * ${THREADS}u + lane; i < ${dice.voxels}u; i += ${groups * THREADS}u) {
    ${diceCode(dice)}
    ${lines(scored, (f) => `if (target_${f} != ${DICE_TARGET.untold}) { sum_${f} += vec2<f32>(2.0 * p${f} * f32(target_${f}), p${f} + f32(target_${f})); }`)}
  }
  ${lines(
    scored,
    (f) => `${treeSum(THREADS, "shared_sums", `sum_${f}`)}
  if (lane == 0u) { partial[group * ${scored}u + ${f}u] = shared_sums[0]; }`,
  )}`,
  });
}

/**
 * The loss, and per scored set the slopes of its share of the loss in P where g is 1 and where it is 0.
 *
 * Buffers: partial → loss, slopes `[scored]` of vec2 (g = 0, g = 1).
 */
export function diceLossShader({ voxels, foreground }: Dice): Shader {
  const scored = foreground.length;
  const groups = lossGroups(voxels);
  return shader({
    label: "marginal Dice, loss",
    reads: { partial: "vec2<f32>" },
    writes: { loss: "f32", slopes: "vec2<f32>" },
    threads: THREADS,
    groups: 1,
    declarations: `var<workgroup> shared_sums : array<vec2<f32>, ${THREADS}>;`,
    body: `
  var missed = 0.0;
  for (var f = 0u; f < ${scored}u; f++) {
    var sum = vec2<f32>();
    for (var i = lane; i < ${groups}u; i += ${THREADS}u) { sum += partial[i * ${scored}u + f]; }
    ${treeSum(THREADS, "shared_sums", "sum")}
    // Smoothed by 1 above and below the line.
    let overlap = shared_sums[0].x + 1.0;
    let total = shared_sums[0].y + 1.0;
    missed += (total - overlap) / total;
    if (lane == 0u) {
      slopes[f] = vec2<f32>(overlap, overlap - 2.0 * total) / (total * total * ${scored}.0);
    }
  }
  if (lane == 0u) { loss[0] = missed / ${scored}.0; }`,
  });
}

/** Buffers: logits, labels, slopes → dlogits. */
export function diceGradientShader(dice: Dice): Shader {
  const { voxels, classes, sets, foreground } = dice;
  const inside = (f: number, k: number): number => ((sets[foreground[f] ?? 0] ?? 0) >>> k) & 1;
  return elementwise({
    label: "marginal Dice, gradient",
    reads: { logits: "f32", labels: "i32", slopes: "vec2<f32>" },
    writes: { dlogits: "f32" },
    count: voxels,
    declarations: diceDeclarations(dice),
    body: `${diceCode(dice)}
  ${lines(
    foreground.length,
    (f) => `
  var slope_${f} = select(slopes[${f}].x, slopes[${f}].y, target_${f} == ${DICE_TARGET.inside});
  if (target_${f} == ${DICE_TARGET.untold}) { slope_${f} = 0.0; }`,
  )}
  ${lines(
    classes,
    (k) =>
      `dlogits[i * ${classes}u + ${k}u] = e${k} / sum_all * (${lines(
        foreground.length,
        (f) => `slope_${f} * (${inside(f, k)}.0 - p${f})`,
        " + ",
      )});`,
  )}`,
  });
}

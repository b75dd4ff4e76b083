import { elementOf, elementwise, shader, THREADS, widthFor } from "./shader.js";
import type { Shader } from "./shader.js";

/**
 * A filter `[taps, inputs, outputs]` as `[taps reversed, outputs, inputs]`: what the gradient of a convolution's input
 * is convolved with. Buffers: filter → result.
 */
export function turnedFilterShader(taps: number, inputs: number, outputs: number): Shader {
  return elementwise({
    label: "turned filter",
    reads: { source: "f32" },
    writes: { result: "f32" },
    count: taps * inputs * outputs,
    body: `
  let input = i % ${inputs}u;
  let output = i / ${inputs}u % ${outputs}u;
  let number = ${taps - 1}u - i / ${inputs * outputs}u;
  result[i] = source[(number * ${inputs}u + input) * ${outputs}u + output];`,
  });
}

/** `[rows, columns]` as `[columns, rows]`. Buffers: source → result. */
export function transposeShader(rows: number, columns: number): Shader {
  return elementwise({
    label: "transpose",
    reads: { source: "f32" },
    writes: { result: "f32" },
    count: rows * columns,
    body: `result[i] = source[i % ${rows}u * ${columns}u + i / ${rows}u];`,
  });
}

/** Sum of two tensors. Buffers: a, b → result. */
export function addShader(count: number): Shader {
  const width = widthFor(count);
  const element = elementOf(width);
  return elementwise({
    label: "add",
    reads: { a: element, b: element },
    writes: { result: element },
    count: count / width,
    body: "result[i] = a[i] + b[i];",
  });
}

/** Sum over the first axis of `[parts, count]`, in order, plus a bias per `columns`. Buffers: parts, [bias] → result. */
export function addPartsShader(parts: number, count: number, bias?: { readonly columns: number }): Shader {
  return elementwise({
    label: "add parts",
    reads: { source: "f32", ...(bias ? { bias: "f32" } : {}) },
    writes: { result: "f32" },
    count,
    body: `
  var sum = 0.0;
  for (var part = 0u; part < ${parts}u; part++) { sum += source[part * ${count}u + i]; }
  result[i] = sum${bias ? ` + bias[i % ${bias.columns}u]` : ""};`,
  });
}

/** Numbers that one workgroup looks at, at least. */
const PER_GROUP = 16 * THREADS;
const MOST_GROUPS = 256;

export const magnitudeGroups = (count: number): number => Math.min(MOST_GROUPS, Math.ceil(count / PER_GROUP));

const tree = (operation: (a: string, b: string) => string): string => `
  for (var half_way = ${THREADS / 2}u; half_way > 0u; half_way /= 2u) {
    workgroupBarrier();
    if (lane < half_way) { shared_max[lane] = ${operation("shared_max[lane]", "shared_max[lane + half_way]")}; }
  }`;

/** Largest magnitude of each part of a tensor. Buffers: source → parts. */
export function magnitudePartsShader(count: number): Shader {
  const groups = magnitudeGroups(count);
  return shader({
    label: "magnitude, parts",
    reads: { source: "f32" },
    writes: { parts: "f32" },
    threads: THREADS,
    groups,
    declarations: `var<workgroup> shared_max : array<f32, ${THREADS}>;`,
    body: `
  var largest = 0.0;
  for (var i = group * ${THREADS}u + lane; i < ${count}u; i += ${groups * THREADS}u) { largest = max(largest, abs(source[i])); }
  shared_max[lane] = largest;
  ${tree((a, b) => `max(${a}, ${b})`)}
  if (lane == 0u) { parts[group] = shared_max[0]; }`,
  });
}

/**
 * The power of two that brings the largest magnitude to between ½ and 1, and its inverse: exact in float, and a
 * gradient's numbers fit 16 bits. Buffers: parts → scale `[2]`.
 */
export function scaleShader(count: number): Shader {
  return shader({
    label: "scale",
    reads: { parts: "f32" },
    writes: { scale: "f32" },
    threads: THREADS,
    groups: 1,
    declarations: `var<workgroup> shared_max : array<f32, ${THREADS}>;`,
    body: `
  shared_max[lane] = 0.0;
  if (lane < ${magnitudeGroups(count)}u) { shared_max[lane] = parts[lane]; }
  ${tree((a, b) => `max(${a}, ${b})`)}
  if (lane == 0u) {
    let largest = shared_max[0];
    // Nothing to scale where all is zero or nothing is finite.
    let usable = largest > 1e-30 && largest < 1e30;
    let exponent = select(0, frexp(select(1.0, largest, usable)).exp, usable);
    scale[0] = ldexp(1.0, -exponent);
    scale[1] = ldexp(1.0, exponent);
  }`,
  });
}

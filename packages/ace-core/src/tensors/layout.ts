import { coreError } from "../foundation/index.js";
import type { TensorSpec, WeightSet } from "./types.js";

/** Number of values of a tensor; 1 for a scalar (shape `[]`). */
export function elements(spec: { readonly shape: readonly number[] }): number {
  return spec.shape.reduce((product, side) => product * side, 1);
}

/** Number of values of all tensors together. */
export function totalElements(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, spec) => sum + elements(spec), 0);
}

/**
 * Puts a layout and its values together.
 *
 * @param data all values in the order of `specs`; zeros if left out. Kept, not copied.
 * @throws WEIGHTS_LAYOUT if a name appears twice or the number of values is another one.
 */
export function weightSet(specs: readonly TensorSpec[], data?: Float32Array): WeightSet {
  const names = new Set<string>();
  for (const { name } of specs) {
    if (names.has(name)) throw coreError("WEIGHTS_LAYOUT", `tensor ${name} is there twice`);
    names.add(name);
  }
  const total = totalElements(specs);
  if (data !== undefined && data.length !== total) {
    throw coreError("WEIGHTS_LAYOUT", `the tensors hold ${total} values, ${data.length} were given`);
  }
  return { specs, data: data ?? new Float32Array(total) };
}

/** Each tensor's values by name: views into `weights.data`, not copies. */
export function views(weights: WeightSet): Map<string, Float32Array> {
  const map = new Map<string, Float32Array>();
  let offset = 0;
  for (const spec of weights.specs) {
    const end = offset + elements(spec);
    map.set(spec.name, weights.data.subarray(offset, end));
    offset = end;
  }
  return map;
}

/** What is the first difference of `found` from `expected`: names, shapes and order all count. */
export function layoutDifference(found: readonly TensorSpec[], expected: readonly TensorSpec[]): string | undefined {
  const foundNames = new Set(found.map(({ name }) => name));
  const expectedNames = new Set(expected.map(({ name }) => name));
  const missing = expected.find(({ name }) => !foundNames.has(name));
  if (missing !== undefined) return `tensor ${missing.name} is missing`;
  const additional = found.find(({ name }) => !expectedNames.has(name));
  if (additional !== undefined) return `tensor ${additional.name} is not part of the network`;
  if (found.length !== expected.length) return `${found.length} tensors instead of ${expected.length}`;
  for (const [i, spec] of expected.entries()) {
    const other = found[i];
    if (other?.name !== spec.name) return `tensor ${spec.name} is not where it belongs, number ${i + 1}`;
    const same = other.shape.length === spec.shape.length && other.shape.every((side, a) => side === spec.shape[a]);
    if (!same) return `tensor ${spec.name} has shape [${other.shape.join(", ")}] instead of [${spec.shape.join(", ")}]`;
  }
  return undefined;
}

/** Whether two layouts have the same tensors: names, shapes and order. */
export function sameLayout(a: readonly TensorSpec[], b: readonly TensorSpec[]): boolean {
  return layoutDifference(a, b) === undefined;
}

/** @throws WEIGHTS_LAYOUT naming the first tensor of `found` that is not as in `expected`. */
export function requireLayout(found: readonly TensorSpec[], expected: readonly TensorSpec[]): void {
  const difference = layoutDifference(found, expected);
  if (difference !== undefined) throw coreError("WEIGHTS_LAYOUT", difference);
}

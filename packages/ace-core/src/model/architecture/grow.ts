import { coreError } from "../../foundation/index.js";
import { elements, views, weightSet } from "../../tensors/index.js";
import type { TensorSpec, WeightSet } from "../../tensors/index.js";
import { architectureOf, tensorSpecs } from "./architecture.js";
import { HEAD_BIAS, HEAD_WEIGHT } from "./head.js";
import type { NetworkSpec } from "./spec.js";

/** A network, and what its channels and logits stand for. */
export interface NamedNetwork {
  readonly spec: NetworkSpec;
  /** In the order of the logits, background first. */
  readonly classes: readonly string[];
  /** In the order of the channels. */
  readonly inputs: readonly string[];
}

/**
 * The weights of a trained network in one that knows further classes or takes further inputs, so that training goes on
 * where it ended. Until the first step the new network answers as the old one did:
 * - a new class's row of the classifier is the mean of the old rows, so that its logit is the mean of theirs and never
 *   the largest one;
 * - the filters on a new input are 0.
 *
 * Classes and inputs are matched by their names; their order may change.
 *
 * @throws PLAN_INVALID naming what is different where the networks are not of one shape inside, or a class or an input
 *   of the old one is missing
 */
export function grow(from: NamedNetwork & { readonly weights: WeightSet }, to: NamedNetwork): WeightSet {
  requireGrowth(from, to);
  const grown = weightSet(tensorSpecs(to.spec));
  const [old, made] = [views(from.weights), views(grown)];
  const classes = to.classes.map((name) => from.classes.indexOf(name));
  const inputs = to.inputs.map((name) => from.inputs.indexOf(name));
  for (const tensor of grown.specs) {
    const source = old.get(tensor.name) ?? new Float32Array();
    const target = made.get(tensor.name) ?? new Float32Array();
    if (tensor.name === HEAD_WEIGHT || tensor.name === HEAD_BIAS) {
      fillRows(source, from.classes.length, target, classes);
    } else if (tensor.name === architectureOf(to.spec).first) {
      fillInputs(source, from.inputs.length, target, inputs, tensor);
    } else {
      target.set(source);
    }
  }
  return grown;
}

/** The last axis is one row per class: `rows` says which old one each new one is, -1 none. */
function fillRows(source: Float32Array, before: number, target: Float32Array, rows: readonly number[]): void {
  for (let at = 0; at < target.length / rows.length; at++) {
    const old = source.subarray(at * before, (at + 1) * before);
    const mean = old.reduce((sum, value) => sum + value, 0) / before;
    for (const [row, was] of rows.entries()) target[at * rows.length + row] = old[was] ?? mean;
  }
}

/** `[3, 3, 3, in, out]`; the filters of a new input stay 0. */
function fillInputs(
  source: Float32Array,
  before: number,
  target: Float32Array,
  inputs: readonly number[],
  tensor: TensorSpec,
): void {
  const out = tensor.shape.at(-1) ?? 1;
  const taps = elements(tensor) / (inputs.length * out);
  for (let tap = 0; tap < taps; tap++) {
    for (const [channel, was] of inputs.entries()) {
      if (was < 0) continue;
      const at = (tap * before + was) * out;
      target.set(source.subarray(at, at + out), (tap * inputs.length + channel) * out);
    }
  }
}

function requireGrowth(from: NamedNetwork, to: NamedNetwork): void {
  const fields = ["architecture", "filters", "levels", "blocks", "norm", "groups"] as const;
  const differences = fields
    .filter((field) => from.spec[field] !== to.spec[field])
    .map((field) => `${field} is ${to.spec[field]} in the plan and ${from.spec[field]} in the model`);
  for (const [what, old, names] of [
    ["class", from.classes, to.classes],
    ["input", from.inputs, to.inputs],
  ] as const) {
    const missing = old.filter((name) => !names.includes(name));
    if (missing.length > 0) differences.push(`the plan lacks the model's ${what} ${missing.join(", ")}`);
  }
  if (from.classes[0] !== to.classes[0])
    differences.push(`the background is ${to.classes[0]} in the plan and ${from.classes[0]} in the model`);
  if (differences.length === 0) return;
  throw coreError("PLAN_INVALID", `The plan cannot go on from this model: ${differences.join("; ")}.`, {
    remedy: "Take over the model's network, classes and inputs into the plan; classes and inputs may be added.",
  });
}

import { readFileSync } from "node:fs";
import type { LabelMapConfig } from "../labels/index.js";
import type { LossName } from "../protocol/index.js";
import type { NetworkSpec } from "../model/index.js";

/** A tensor of a fixture: PyTorch's float64 values, channels last. */
export interface Expected {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Inputs, output, and the gradients that belong to the gradient `dy` of the output. */
export interface OperationCase {
  readonly name: string;
  readonly attributes: { readonly groups?: number; readonly epsilon?: number; readonly relu?: boolean };
  readonly inputs: Readonly<Record<string, Expected>>;
  readonly output: Expected;
  readonly dy: Expected;
  readonly gradients: Readonly<Record<string, Expected>>;
}

interface LossCase {
  readonly name: string;
  readonly config: LabelMapConfig;
  readonly classes: readonly string[];
  readonly logits: Expected;
  readonly labels: Expected;
  readonly losses: Readonly<Record<LossName, { readonly value: number; readonly gradient: Expected }>>;
}

interface OptimiserCase {
  readonly name: string;
  readonly kind: "sgd" | "adam";
  readonly attributes: Readonly<Record<string, number | boolean>>;
  readonly start: Expected;
  readonly gradients: readonly Expected[];
  readonly path: readonly Expected[];
}

export interface NetworkCase {
  readonly name: string;
  /** Of a U-Net. */
  readonly spec: Omit<NetworkSpec, "architecture">;
  readonly weights: readonly (Expected & { readonly name: string })[];
  readonly x: Expected;
  readonly labels: Expected;
  readonly logits: Expected;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Expected>>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
}

/** The values that fixtures/generate.py wrote. */
export const fixtures = {
  operations: read("operations") as Readonly<
    Record<"conv3d" | "convTranspose3d" | "maxPool3d" | "groupNorm", readonly OperationCase[]>
  >,
  losses: read("losses") as readonly LossCase[],
  optimisers: read("optimisers") as readonly OptimiserCase[],
  networks: read("networks") as readonly NetworkCase[],
};

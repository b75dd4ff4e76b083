import { architectureOf, networkOf, patchMultiple, tensorSpecs } from "../model/index.js";
import type { Plan } from "../protocol/index.js";
import { totalElements } from "../tensors/index.js";
import type { Triple } from "./geometry.js";

const FLOAT_BYTES = 4;

/** Logits, and the gradients of the parts of the loss with their sum. */
const VOLUMES_OF_LOGITS = 4;

/** The gradient that comes into a normalisation, and the one that it passes on. */
const VOLUMES_OF_GRADIENT = 2;

/** Packed filters, transformed planes and partial sums of the wasm engine's convolutions. */
const SCRATCH_BYTES = 2 * 1024 * 1024;

/** What a training step takes, bytes. */
export interface StepMemory {
  /** Tensors and scratch at the peak. */
  readonly bytes: number;
  /** The largest single tensor. */
  readonly largestTensor: number;
}

/** Limits of an engine or a machine, bytes. */
export interface StepRoom {
  readonly bytes: number;
  /** Default: no limit. */
  readonly largestTensor?: number;
}

/** The part of a plan that decides how much memory a step takes. */
export interface StepChoice {
  /** Sides in voxels, as in a plan. */
  readonly patch: Triple;
  readonly batch: number;
  readonly checkpointing: boolean;
}

/**
 * The memory of one training step of a plan, float32, from what `valueAndGradients` keeps: the forward pass saves what
 * goes in and out of each normalisation (with checkpointing, of each level), the backward pass frees it again and
 * has two gradients of the largest volume at a time. Within 15 % of what the wasm engine's allocator measures (tested).
 *
 * @param choice patch, batch and checkpointing in place of the plan's.
 */
export function estimateStep(plan: Plan, choice: StepChoice = choiceOf(plan)): StepMemory {
  const spec = networkOf(plan);
  const voxels = choice.batch * choice.patch[0] * choice.patch[1] * choice.patch[2];
  const top = voxels * spec.filters;
  const logits = voxels * spec.classes;
  const saved = architectureOf(spec).saved(spec, voxels, choice.checkpointing);
  // With checkpointing the backward pass of a level has all of its inner volumes again, but for what came out of it.
  const inner = choice.checkpointing ? 2 * spec.blocks - 1 : 0;
  const atLoss = saved + VOLUMES_OF_LOGITS * logits;
  const behind = saved + (inner - 1 + VOLUMES_OF_GRADIENT) * top + (inner === 0 ? logits : 0);
  const weights = totalElements(tensorSpecs(spec));
  const moments = plan.training.optimizer === "adam" ? 2 : 1;
  // The weights, those that the round began with, and the moments; at the end gradients and the next of each as well.
  const standing = (2 + moments) * weights;
  const optimising = standing + (2 + moments) * weights;
  const input = voxels * (spec.inputs + 1);
  const peak = Math.max(Math.max(atLoss, behind) + standing, optimising) + input;
  return {
    bytes: FLOAT_BYTES * peak + SCRATCH_BYTES,
    largestTensor: FLOAT_BYTES * Math.max(top, logits, voxels * spec.inputs),
  };
}

/**
 * A step of the same plan that fits: with checkpointing if that is enough, else with the largest batch, else with the
 * largest patch of nearly the same form.
 *
 * @returns undefined if not even the smallest patch that the network can pool fits.
 */
export function fittingStep(plan: Plan, room: StepRoom): StepChoice | undefined {
  const multiple = patchMultiple(networkOf(plan));
  const wanted = choiceOf(plan);
  const kept = (choice: StepChoice): boolean => {
    const { bytes, largestTensor } = estimateStep(plan, choice);
    return bytes <= room.bytes && largestTensor <= (room.largestTensor ?? Infinity);
  };
  const batches = Array.from({ length: wanted.batch }, (_, i) => wanted.batch - i);
  const same = batches.map((batch) => ({ ...wanted, batch }));
  const least = { ...wanted, batch: 1, checkpointing: true };
  const steps = Math.max(...wanted.patch) / multiple;
  const smaller = Array.from({ length: Math.max(0, steps - 1) }, (_, i): StepChoice => {
    const share = (steps - 1 - i) / steps;
    const side = (length: number): number => Math.max(1, Math.floor((length * share) / multiple)) * multiple;
    const [r, a, s] = wanted.patch;
    return { ...least, patch: [side(r), side(a), side(s)] };
  });
  return [{ ...wanted, checkpointing: true }, ...same, least, ...smaller].find(kept);
}

function choiceOf(plan: Plan): StepChoice {
  const { patch, batch, checkpointing } = plan.training;
  return { patch, batch, checkpointing };
}

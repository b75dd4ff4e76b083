import { coreError, seededRandom, systemClock } from "../foundation/index.js";
import type { Clock } from "../foundation/index.js";
import { absentClasses, fullSet, setOf } from "../labels/index.js";
import type { LabelMap } from "../labels/index.js";
import { channelsOf, LIMITS } from "../protocol/index.js";
import type { Plan, UpdateNumbers } from "../protocol/index.js";
import { allFinite } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { lowerLogits } from "./absent.js";
import { batchOf } from "./batch.js";
import { patchSize } from "./geometry.js";
import { countLabels } from "./positions.js";
import { patchSampler } from "./sampler.js";
import type { Sampler } from "./sampler.js";
import { learningRateAt } from "./schedule.js";
import { createTrainer } from "./trainer.js";
import type { TrainingCase } from "./types.js";

export interface LocalRoundInput {
  readonly plan: Plan;
  /** From 1. */
  readonly round: number;
  /** The model to start from. */
  readonly weights: WeightSet;
  /** The cases to train on, held-back ones not among them. */
  readonly cases: readonly TrainingCase[];
  readonly labelMap: LabelMap;
  /** Draws the patches; without it, from the cases as the plan says. */
  readonly sampler?: Sampler;
  /** The site's name: with the plan's seed and the round it decides what is drawn. */
  readonly site: string;
  /** The site's control variate, where the plan has drift correction and the site took part before. */
  readonly correction?: WeightSet;
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onProgress?: (step: number, steps: number, loss: number, secondsLeft: number) => void;
  readonly clock?: Clock;
}

/** What a site has after a round: weights, and the numbers declared with them. */
export interface LocalRoundResult extends Omit<UpdateNumbers, "evaluation"> {
  readonly weights: WeightSet;
}

/**
 * Trains one round at one site by the engine that is open: `training.steps` optimiser steps from the weights given,
 * with a fresh optimiser. Frees every tensor it makes, also when stopped or on an error. Between steps the event loop
 * runs, so that a signal can arrive.
 *
 * @throws TRAINING_NO_CASES if there is nothing to train on.
 * @throws TRAINING_DIVERGED if the loss or a weight is no longer finite, or the loss beyond anything sensible.
 * @throws WEIGHTS_LAYOUT if the weights are not those of the plan's network.
 */
export async function localRound(input: LocalRoundInput): Promise<LocalRoundResult> {
  const { plan, round, cases, signal } = input;
  const { steps, batch: size, sampling, augmentation, intensity } = plan.training;
  const clock = input.clock ?? systemClock;
  const begin = clock.now();
  const map = withPadding(input.labelMap);
  const patch = patchSize(plan);
  const batch = batchOf({
    sampler: input.sampler ?? patchSampler(cases, map, patch, sampling),
    size,
    patch,
    channels: channelsOf(plan).length,
    padding: map.sets.length - 1,
    augmentation,
    intensity,
    images: plan.inputs.length,
    dropInputs: plan.training.dropInputs,
  });
  const random = seededRandom(plan.seed).fork(input.site, round);
  const losses: number[] = [];
  const absent = absentClasses(input.labelMap);
  const { absentPrior } = plan.training;
  const trainer = createTrainer(plan, map, lowerLogits(input.weights, absent, absentPrior), input.correction);
  try {
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      batch.fill(random);
      const loss = await trainer.step(batch.images, batch.labels, learningRateAt(plan, round, step));
      if (!(Math.abs(loss) <= LIMITS.lossMagnitude))
        throw diverged(`the loss is ${loss} at step ${step + 1} of ${steps}`);
      losses.push(loss);
      const secondsLeft = ((clock.now() - begin) / 1000 / (step + 1)) * (steps - step - 1);
      input.onProgress?.(step + 1, steps, loss, secondsLeft);
      await eventLoop();
    }
    const weights = lowerLogits(await trainer.weights(), absent, -absentPrior);
    if (!allFinite(weights.data)) throw diverged(`a weight is infinite or not a number after step ${steps}`);
    return {
      weights,
      cases: cases.length,
      voxels: annotatedVoxels(cases, input.labelMap),
      steps,
      loss: mean(losses),
      lastLoss: mean(losses.slice(-Math.max(1, Math.floor(steps / 10)))),
      seconds: (clock.now() - begin) / 1000,
    };
  } finally {
    trainer.dispose();
  }
}

/** The map with one more set, of all classes: what lies outside of a volume says nothing. */
function withPadding(map: LabelMap): LabelMap {
  return { ...map, sets: [...map.sets, fullSet(map.space)] };
}

/** Voxels of the cases per class that the site annotates. */
export function annotatedVoxels(cases: readonly TrainingCase[], map: LabelMap): Record<string, number> {
  const totals = map.sets.map(() => 0);
  for (const item of cases) {
    for (const [label, count] of countLabels(item.labels)) totals[label] = (totals[label] ?? 0) + count;
  }
  const ofClass = (k: number): number =>
    totals.reduce((sum, count, label) => (map.sets[label] === setOf(k) ? sum + count : sum), 0);
  return Object.fromEntries(map.annotated.map((k) => [map.space.classes[k] ?? "", ofClass(k)]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function diverged(what: string): Error {
  return coreError("TRAINING_DIVERGED", `training diverged: ${what}`);
}

/** Lets waiting messages in. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

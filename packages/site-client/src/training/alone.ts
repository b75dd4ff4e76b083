import { createHash } from "node:crypto";
import { movingAverage } from "@fedace/ace-core/aggregation";
import { tensorsDigest } from "@fedace/ace-core/export";
import { systemClock } from "@fedace/ace-core/foundation";
import { readWeights } from "@fedace/ace-core/host";
import { absentClasses } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { initialise, networkOf } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { annotatedVoxels, evaluate, localRound } from "@fedace/ace-core/training";
import type { TrainingCase } from "@fedace/ace-core/training";
import { siteError } from "../errors.js";
import { aloneFolder, caseDigest, digestOf, readWitness } from "../runs/index.js";
import type { AloneFolder } from "../runs/index.js";
import { keptBackFor } from "./kept-back.js";
import type { Compared, Request, WorkProgress } from "./messages.js";
import { ownGrids } from "./own-grid.js";

type CompareRequest = Extract<Request, { type: "compare" }>;

interface AloneParts {
  readonly site: string;
  readonly archive: string;
  readonly labelMap: LabelMap;
  readonly cases: readonly TrainingCase[];
  readonly signal: AbortSignal;
  readonly progress: (progress: WorkProgress) => void;
}

/** What training alone has made. */
interface Alone {
  readonly weights: WeightSet;
  /** Rounds that were done before. */
  readonly from: number;
  readonly seconds: number;
}

/**
 * A plan as a site follows it that has nobody beside it: without what keeps sites from drifting apart and from unlearning
 * what others teach. A round still begins with a fresh optimiser, and the moving average stays, which is good for a
 * lone model too: the two models then differ in whose cases they were trained on.
 */
function alonePlan(plan: Plan): Plan {
  return { ...plan, training: { ...plan.training, correction: "off", absentPrior: 0, proximal: 0 } };
}

/**
 * Trains alone, or goes on with it, and scores what comes of it and the joint model on the cases kept back.
 *
 * @throws COMPARE_NO_CASES, COMPARE_CLASSES, COMPARE_ARCHIVE_CHANGED, BUNDLE_INVALID, SITE_DISK, the codes of training
 */
export async function compareAlone(plan: Plan, request: CompareRequest, parts: AloneParts): Promise<Compared> {
  const { cases, labelMap } = parts;
  requireClasses(cases, labelMap);
  const { runs, run, before } = request;
  const split = keptBackFor(cases, labelMap, plan, {
    took: request.took,
    rounds: request.rounds,
    witness: readWitness(runs, run),
    before: before === null ? undefined : readWitness(runs, before),
  });
  const joint = await jointWeights(request);
  const alone = await trainAlone(plan, split.training, aloneFolder(request.alone, plan), parts);
  const models = [
    { plan, weights: alone.weights },
    { plan: parsePlan(request.joint.plan), weights: joint },
  ] as const;
  const scores: Compared["scores"] = [];
  for (const [done, item] of split.heldBack.entries()) {
    const [own, theirs] = [await score(models[0], item, 2 * done), await score(models[1], item, 2 * done + 1)];
    scores.push({ alone: own, joint: theirs });
  }
  const names = (classes: readonly number[]): string[] =>
    classes.flatMap((k) => (k === 0 ? [] : [plan.classes[k] ?? ""]));
  return {
    training: split.training.length,
    heldBack: split.heldBack.length,
    leftOut: split.leftOut,
    standing: split.standing,
    from: alone.from,
    seconds: alone.seconds,
    model: digestOf(alone.weights),
    annotated: names(labelMap.annotated),
    absent: names(absentClasses(labelMap)),
    scores,
  };

  function score(model: (typeof models)[number], item: TrainingCase, done: number): ReturnType<typeof evaluate> {
    const { signal, archive } = parts;
    return evaluate({
      ...model,
      cases: [item],
      labelMap,
      final: true,
      ownGrid: ownGrids(archive, model.plan, labelMap, signal),
      signal,
      onProgress: (part) => {
        const total = 2 * split.heldBack.length;
        parts.progress({ phase: "evaluating", done: done + part, total, secondsLeft: null, loss: null });
      },
    });
  }
}

/** Round after round from where it was left; each is kept as soon as it is done. */
async function trainAlone(
  given: Plan,
  cases: readonly TrainingCase[],
  folder: AloneFolder,
  { site, labelMap, signal, progress }: AloneParts,
): Promise<Alone> {
  const plan = alonePlan(given);
  const basis = basisOf(site, labelMap, cases);
  const saved = await folder.read();
  if (saved !== undefined && saved.basis !== basis) throw changed(saved.round, plan.rounds);
  const from = saved?.round ?? 0;
  const start = initialise(networkOf(plan), plan.seed);
  let { model, average } = saved?.weights ?? { model: start, average: start };
  let seconds = saved?.seconds ?? 0;
  const { steps } = plan.training;
  const total = plan.rounds * steps;
  const begin = systemClock.now();
  for (let round = from + 1; round <= plan.rounds; round++) {
    const result = await localRound({
      plan,
      round,
      weights: model,
      cases,
      labelMap,
      site,
      signal,
      onProgress: (step, _, loss) => {
        const done = (round - 1) * steps + step;
        const perStep = (systemClock.now() - begin) / 1000 / (done - from * steps);
        progress({ phase: "training", done, total, secondsLeft: perStep * (total - done), loss });
      },
    });
    model = result.weights;
    average = averageOf(plan, round, average, model);
    seconds += result.seconds;
    await folder.write({ basis, round, seconds }, { model, average });
  }
  return { weights: average, from, seconds };
}

/** What is published after a round, as the coordinator has it. */
function averageOf(plan: Plan, round: number, before: WeightSet, model: WeightSet): WeightSet {
  const { kind, decay } = plan.aggregation.average;
  if (kind === "none" || round === 1) return model;
  return { specs: model.specs, data: movingAverage(before.data, model.data, decay) };
}

/** What decides, with the plan, which weights come out. */
function basisOf(site: string, { sets }: LabelMap, cases: readonly TrainingCase[]): string {
  return createHash("sha256")
    .update(JSON.stringify([site, sets, cases.map(caseDigest)]))
    .digest("hex");
}

/** The joint model, as it was verified: the file may have been written again since. */
async function jointWeights({ joint }: CompareRequest): Promise<WeightSet> {
  const { weights } = await readWeights(joint.path);
  if (tensorsDigest(weights) === joint.tensors) return weights;
  throw siteError("BUNDLE_UNTRUSTED", "The bundle is not what it was when its signature was checked.");
}

function requireClasses(cases: readonly TrainingCase[], map: LabelMap): void {
  const voxels = annotatedVoxels(cases, map);
  const names = map.space.classes.slice(1);
  if (names.some((name) => (voxels[name] ?? 0) > 0)) return;
  throw siteError(
    "COMPARE_CLASSES",
    `The labels of the archive show none of ${names.join(", ")} in any of ${cases.length} cases.`,
  );
}

function changed(round: number, rounds: number): Error {
  return siteError(
    "COMPARE_ARCHIVE_CHANGED",
    `The training cases, or what their labels mean, are not those of the ${round} of ${rounds} rounds that were trained alone before.`,
  );
}

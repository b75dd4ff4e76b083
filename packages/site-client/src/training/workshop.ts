import { openEngine } from "@fedace/ace-core/engine";
import type { Engine } from "@fedace/ace-core/engine";
import { readWeights } from "@fedace/ace-core/host";
import type { Written } from "@fedace/ace-core/host";
import { resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { poolImages } from "@fedace/ace-core/likeness";
import { channelsOf, mayLack, parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { annotatedVoxels, evaluate, localRound, splitHoldout } from "@fedace/ace-core/training";
import type { TrainingCase } from "@fedace/ace-core/training";
import { archiveStamp, checkArchive, loadArchive } from "../archive/index.js";
import { siteError } from "../errors.js";
import {
  amountOf,
  correctionFor,
  keepSent,
  keptFolder,
  noteCases,
  weightsToScore,
  writeWeights,
} from "../runs/index.js";
import { compareAlone } from "./alone.js";
import { explainExhausted, requireMemory, stepBytes, stepDemand } from "./memory.js";
import type { Compared, Ready, Request, Skipped, Survey, WorkOutcome, WorkProgress } from "./messages.js";
import { ownGrids } from "./own-grid.js";
import { updateStep } from "./update-step.js";

/** How a request tells where it is. */
export interface Listener {
  readonly signal: AbortSignal;
  progress(progress: WorkProgress): void;
  skipped(cases: Skipped): void;
}

type OpenRequest = Extract<Request, { type: "open" }>;
type WorkRequest = Extract<Request, { type: "work" }>;
type CompareRequest = Extract<Request, { type: "compare" }>;

/** The training process's own state: an engine, and the archive as the last plan wanted it. */
export interface Workshop {
  survey(inputs: readonly string[] | null, listener: Listener): Promise<Survey>;
  work(request: WorkRequest, listener: Listener): Promise<WorkOutcome>;
  compare(request: CompareRequest, listener: Listener): Promise<Compared>;
}

interface Prepared {
  readonly labelMap: LabelMap;
  readonly cases: readonly TrainingCase[];
}

/** What of a plan decides how the archive is prepared. */
const keyOf = (plan: Plan): string => JSON.stringify([plan.classes, channelsOf(plan), plan.spacing]);

const bytesOf = ({ cases }: Prepared): number =>
  cases.reduce((sum, { image, labels }) => sum + image.byteLength + labels.byteLength, 0);

const bySkipped = (cases: readonly { number: number; code: string }[]): Skipped =>
  cases.map(({ number, code }) => ({ number, code }));

/**
 * Opens the engine. The archive is read when it is first needed, and kept in memory until a plan wants it otherwise, or
 * until another run begins after its files have changed: within a run the cases stay the same.
 *
 * @param available bytes of memory this process may use now
 * @throws ENGINE_UNAVAILABLE, ENGINE_MEMORY
 */
export async function openWorkshop(
  setup: OpenRequest,
  available: () => number,
): Promise<{ workshop: Workshop; ready: Ready }> {
  const engine = await openEngine({
    choice: setup.engine,
    engines: setup.engines,
    ...(setup.threads === null ? {} : { threads: setup.threads }),
  });
  let prepared: { readonly key: string; readonly stamp: string; run: string; readonly value: Prepared } | undefined;
  let carried = 0;
  const prepare = async (run: string, plan: Plan, listener: Listener): Promise<Prepared> => {
    const key = keyOf(plan);
    const stamp = prepared?.run === run ? prepared.stamp : await archiveStamp(setup.archive, listener.signal);
    const same = prepared?.key === key && prepared.stamp === stamp;
    // The cases of the plan before are free for those of this one, although nobody has swept them up yet.
    const freed = prepared === undefined || same ? 0 : bytesOf(prepared.value);
    const now = { available: available() + freed, carried };
    requireMemory(plan, engine, now);
    if (prepared !== undefined && same) {
      prepared.run = run;
      return prepared.value;
    }
    prepared = undefined;
    const labelMap = resolveLabelMap(setup.labels, { classes: plan.classes });
    const { cases, skipped } = await loadArchive(setup.archive, {
      inputs: plan.inputs,
      mayLack: mayLack(plan),
      spacing: plan.spacing,
      labelMap,
      memory: Math.max(0, now.available - stepDemand(plan, engine, now)),
      signal: listener.signal,
      onProgress: (done, total) => {
        listener.progress({ phase: "preparing", done, total, secondsLeft: null, loss: null });
      },
    });
    if (skipped.length > 0) listener.skipped(bySkipped(skipped));
    prepared = { key, stamp, run, value: { labelMap, cases } };
    return prepared.value;
  };
  const workshop: Workshop = {
    survey: async (inputs, listener) => {
      const report = await checkArchive(setup.archive, {
        labels: setup.labels,
        ...(inputs === null ? {} : { inputs }),
        signal: listener.signal,
        onProgress: (done, total) => {
          listener.progress({ phase: "preparing", done, total, secondsLeft: null, loss: null });
        },
      });
      const { usable, skipped, inputs: wanted, memory, labelMap } = report;
      const combinations = report.combinations.map((one) => ({ ...one, inputs: [...one.inputs] }));
      return {
        cases: usable.length,
        skipped: bySkipped(skipped),
        inputs: [...wanted],
        combinations,
        memory,
        doubts: [...(labelMap.doubts ?? [])],
        odd: usable.filter((one) => one.odd === true).map(({ number }) => number),
      };
    },
    work: async (request, listener) => {
      const plan = parsePlan(request.plan);
      const ready = await prepare(request.run, plan, listener);
      const outcome = await carryOut(plan, ready, setup, request, listener).catch((error: unknown) => {
        throw explainExhausted(error, plan, engine);
      });
      if (outcome.kind === "train") carried = Math.max(carried, stepBytes(plan, engine));
      return outcome;
    },
    compare: async (request, listener) => {
      const plan = parsePlan(request.plan);
      const ready = await prepare(request.run, plan, listener);
      const { site, archive } = setup;
      const progress = (where: WorkProgress): void => {
        listener.progress(where);
      };
      const parts = { site, archive, signal: listener.signal, progress, ...ready };
      return compareAlone(plan, request, parts).catch((error: unknown) => {
        throw explainExhausted(error, plan, engine);
      });
    },
  };
  return { workshop, ready: describe(engine) };
}

/** Scores the model that came, and trains it if asked to. */
async function carryOut(
  plan: Plan,
  { labelMap, cases }: Prepared,
  { archive, site }: OpenRequest,
  request: WorkRequest,
  listener: Listener,
): Promise<WorkOutcome> {
  const { round, beside } = request;
  const found = cases.length;
  const { weights } = await readWeights(request.model);
  const folder = keptFolder(request.runs, request.run);
  // Where nobody trains, every case speaks of the model.
  const split =
    plan.rounds === 0 ? { training: [], heldBack: cases } : splitHoldout(cases, labelMap, plan.training.holdout, round);
  const published = await weightsToScore(folder, plan, round, weights, beside);
  const evaluation = await evaluate({
    plan,
    weights: published,
    cases: split.heldBack,
    labelMap,
    final: request.kind === "evaluate",
    ownGrid: ownGrids(archive, plan, labelMap, listener.signal),
    signal: listener.signal,
    onProgress: (done, total) => {
      listener.progress({ phase: "evaluating", done, total, secondsLeft: null, loss: null });
    },
  });
  if (request.kind === "evaluate") return { kind: "evaluate", found, evaluation };
  const corrected = plan.training.correction !== "off";
  const { variate, lost } = corrected
    ? await correctionFor(folder, plan, weights, beside)
    : { variate: undefined, lost: false };
  await noteCases(request.runs, request.run, round, split);
  const now = { cases: split.training.length, voxels: annotatedVoxels(split.training, labelMap) };
  const { weights: trained, ...numbers } = await localRound({
    plan,
    round,
    weights,
    cases: split.training,
    labelMap,
    site,
    ...(variate === undefined ? {} : { correction: variate(amountOf(plan, now)) }),
    signal: listener.signal,
    onProgress: (done, total, loss, secondsLeft) => {
      listener.progress({ phase: "training", done, total, secondsLeft, loss });
    },
  });
  const images = poolImages(split.training.flatMap(({ figures }) => figures ?? []));
  const { update, says } = updateStep(weights, trained, plan);
  // What the average will have: the control variate follows from what leaves.
  if (corrected) await keepSent(folder, plan, round, update, numbers);
  const written = await writeUpdate(request.update, update);
  return {
    kind: "train",
    found,
    ...written,
    says,
    lost,
    numbers: {
      ...numbers,
      evaluation: evaluation.cases > 0 ? evaluation : null,
      ...(images === undefined ? {} : { images }),
    },
  };
}

function describe(engine: Engine): Ready {
  const { name, device, reason, mixedPrecision } = engine;
  return { engine: `${name} (${device})`.slice(0, 64), reason, mixedPrecision };
}

/** Writes the update whole or not at all, with no metadata: nothing but tensors leaves the site. */
async function writeUpdate(path: string, weights: WeightSet): Promise<Written> {
  try {
    return await writeWeights(path, weights);
  } catch (cause) {
    throw siteError("SITE_DISK", `The update cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

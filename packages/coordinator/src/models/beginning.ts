import { resolve } from "node:path";
import { tensorsDigest } from "@fedace/ace-core/export";
import { coreError } from "@fedace/ace-core/foundation";
import { openValues } from "@fedace/ace-core/host";
import { grow, modelSpec, networkOf } from "@fedace/ace-core/model/architecture";
import type { NamedNetwork } from "@fedace/ace-core/model/architecture";
import { channelsOf, mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { totalElements, weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { z } from "zod";
import { coordinatorError } from "../errors.js";
import { listModels, requireRun } from "../records/index.js";
import type { Database, Objects } from "../store/index.js";
import { requireUnpruned } from "./select.js";
import { verifyBundle } from "./verify.js";

/** What a plan file says under `init`: a bundle's path, seen from the plan's folder, or a run of this coordinator. */
const initSchema = z.union([
  z.string().min(1).max(4096),
  z.strictObject({ run: z.string().max(64), round: z.int().min(0).optional(), tensors: z.string().optional() }),
]);
type PlanInit = z.output<typeof initSchema>;

/** A trained model that a run may go on from. */
interface Source extends NamedNetwork {
  readonly weights: WeightSet;
  readonly run: string;
  readonly round: number;
  readonly spacing: readonly number[];
  /** It was trained for scans that lack some of the images. */
  readonly lacking: boolean;
  /** Thumbprint of the key that signed it; undefined for a model of this coordinator. */
  readonly signer: string | undefined;
}

/** What a run begins with. */
interface Beginning {
  /** The plan, with where its weights come from. */
  readonly plan: Plan;
  readonly weights: WeightSet;
  /** What the operator should know of it. */
  readonly lines: readonly string[];
}

/**
 * Takes `init` out of a plan as read from a file; the rest is what `parsePlan` knows.
 *
 * @throws PLAN_INVALID
 */
export function splitInit(value: unknown): { readonly rest: unknown; readonly init: PlanInit | undefined } {
  if (typeof value !== "object" || value === null || !("init" in value)) return { rest: value, init: undefined };
  const { init, ...rest } = value;
  const parsed = initSchema.safeParse(init);
  if (parsed.success) return { rest, init: parsed.data };
  throw coreError("PLAN_INVALID", "The plan cannot be used. init is neither a bundle's path nor a run and a round.", {
    remedy: "Write `init: joint.safetensors`, or `init: { run: RUN }`, with `round: N` for another than its last.",
  });
}

/**
 * Reads the model that a run is to go on from, and fits it to the plan: classes and inputs may be added.
 *
 * @param folder the plan file's
 * @throws PLAN_INVALID where the plan cannot go on from it, RUN_NOT_FOUND, MODEL_NOT_FOUND, MODEL_UNTRAINED, MODEL_PRUNED,
 *   INPUT_UNREADABLE, BUNDLE_INVALID, BUNDLE_SIGNATURE, DATA_FOLDER_DAMAGED
 */
export async function readBeginning(
  parts: { readonly database: Database; readonly objects: Objects },
  plan: Plan,
  init: PlanInit,
  folder: string,
): Promise<Beginning> {
  const source = typeof init === "string" ? await ofBundle(resolve(folder, init)) : await ofRun(parts, init);
  const tensors = tensorsDigest(source.weights);
  if (typeof init !== "string" && init.tensors !== undefined && init.tensors !== tensors)
    throw coreError(
      "PLAN_INVALID",
      `init.tensors is not the digest of the model of round ${source.round}: ${tensors}.`,
    );
  if (source.lacking && !mayLack(plan))
    throw coreError("PLAN_INVALID", "The plan cannot go on from this model: it was trained for missing images.", {
      remedy: "Take its training.dropInputs over into the plan.",
    });
  const weights = grow(source, { spec: networkOf(plan), classes: plan.classes, inputs: channelsOf(plan) });
  const { run, round } = source;
  return { plan: { ...plan, init: { run, round, tensors } }, weights, lines: describe(source, plan) };
}

async function ofBundle(path: string): Promise<Source> {
  const { card, signer, weights } = await verifyBundle(path);
  const { run, round, classes, preprocessing, model } = card;
  const { spacing } = preprocessing;
  const inputs = channelsOf(card.plan);
  return {
    spec: modelSpec(model, inputs.length, classes.length),
    run,
    round,
    classes,
    inputs,
    spacing,
    lacking: mayLack(card.plan),
    weights,
    signer,
  };
}

/** The round's own model, not the moving average: that is what training went on from. */
async function ofRun(
  { database, objects }: { readonly database: Database; readonly objects: Objects },
  { run: id, round }: Exclude<PlanInit, string>,
): Promise<Source> {
  const { plan } = await requireRun(database, id);
  const models = await listModels(database, id);
  const model = round === undefined ? models.at(-1) : models.find((one) => one.round === round);
  if (model === undefined) {
    const last = models.at(-1)?.round ?? 0;
    throw coordinatorError("MODEL_NOT_FOUND", `The run ${id} has models of rounds 0 to ${last}, none of ${round}.`);
  }
  if (model.round === 0 && round === undefined)
    throw coordinatorError("MODEL_UNTRAINED", `The run ${id} has not finished a round.`);
  requireUnpruned(id, model);
  const file = await openValues(await objects.open(model.sha256, "now"));
  try {
    const { specs } = file.header;
    const weights = weightSet(specs, await file.read(0, totalElements(specs)));
    const { classes, spacing } = plan;
    const inputs = channelsOf(plan);
    return {
      spec: networkOf(plan),
      run: id,
      round: model.round,
      classes,
      inputs,
      spacing,
      lacking: mayLack(plan),
      weights,
      signer: undefined,
    };
  } finally {
    await file.close();
  }
}

function describe(source: Source, plan: Plan): string[] {
  const added = [...plan.classes.filter((name) => !source.classes.includes(name))];
  const images = plan.inputs.filter((name) => !source.inputs.includes(name));
  const other = source.spacing.some((mm, axis) => mm !== plan.spacing[axis]);
  const by = source.signer === undefined ? "" : `, signed by key ${source.signer}`;
  return [
    `It goes on from the model of round ${source.round} of ${source.run}${by}.`,
    ...(added.length === 0 ? [] : [`  new classes ${added.join(", ")}: not predicted before they are learned`]),
    ...(images.length === 0 ? [] : [`  new inputs ${images.join(", ")}: without influence before they are learned`]),
    ...(other ? [`  trained at ${source.spacing.join(" × ")} mm, the plan says ${plan.spacing.join(" × ")} mm`] : []),
  ];
}

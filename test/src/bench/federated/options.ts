import { parseArgs } from "node:util";
import type { EngineChoice } from "@fedace/ace-core/engine";
import { LOSS_NAMES, OPTIMIZER_NAMES, parsePlan, recommend } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { readStudy } from "../../simulation/index.js";
import type { Study } from "../../simulation/index.js";

export const USAGE = `npm run bench -- federated --tissue DIR --lesion DIR --test DIR [options]
npm run bench -- federated --study FILE.yaml [options]

Trains a plan in one process, the sites in turn, and scores the joint model on cases that it was not trained on: an
archive labelled for all classes (values 0 to 4: background, CSF, GM, WM, lesion), or what the study says:

  plan: { classes: [background, CSF, GM, WM, lesion], inputs: [T1w], spacing: [2, 2, 2] }
  sites:  [{ name: north, archive: DIR, labels: { kind: tissue }, cases: [1, 2, 3] }, …]
  tests:  [{ name: healthy, archive: DIR, labels: { kind: tissue }, cases: [4, 5] }, …]

  --pooled            the reference: the same steps on all archives in one place
  --rounds 10  --steps 50  --optimizer ${OPTIMIZER_NAMES.join("|")}  --loss ${LOSS_NAMES.join("|")}  --seed 0
  --set training.augmentation=false   any other key of the plan, as often as needed; what is not set is as run create takes it
  --missing .3        probability that a site misses a round
  --score-every 10    rounds between two scores
  --engine auto|tensorflow|wasm|plain
  --out FILE          figures as JSON`;

export interface FederatedOptions {
  readonly study: Pick<Study, "sites" | "tests">;
  readonly plan: Plan;
  readonly pooled: boolean;
  readonly missing: number;
  readonly scoreEvery: number;
  readonly engine: EngineChoice;
  readonly out: string | undefined;
}

/** @throws TypeError with the usage if a folder is missing; PLAN_INVALID */
export async function parseOptions(args: string[]): Promise<FederatedOptions> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      tissue: text,
      lesion: text,
      test: text,
      study: text,
      pooled: { type: "boolean", default: false },
      rounds: text,
      steps: text,
      optimizer: text,
      loss: text,
      seed: text,
      set: { ...text, multiple: true, default: [] },
      missing: { ...text, default: "0" },
      "score-every": { ...text, default: "10" },
      engine: { ...text, default: "auto" },
      out: text,
    },
  });
  const study = values.study === undefined ? twoSites(values) : await readStudy(values.study);
  const plan: Record<string, unknown> = { name: "bench", ...study.plan };
  const short = {
    rounds: values.rounds,
    loss: values.loss,
    seed: values.seed,
    "training.steps": values.steps,
    "training.optimizer": values.optimizer,
  };
  for (const [key, value] of Object.entries(short)) if (value !== undefined) assign(plan, `${key}=${value}`);
  for (const assignment of values.set) assign(plan, assignment);
  return {
    study,
    plan: parsePlan(recommend(plan).plan),
    pooled: values.pooled,
    missing: Number(values.missing),
    scoreEvery: Number(values["score-every"]),
    engine: values.engine as EngineChoice,
    out: values.out,
  };
}

/** The study of the short form: a tissue site, a lesion site, and heads that are labelled for both. */
function twoSites(dirs: {
  tissue?: string | undefined;
  lesion?: string | undefined;
  test?: string | undefined;
}): Study {
  const { tissue, lesion, test } = dirs;
  if (tissue === undefined || lesion === undefined || test === undefined) throw new TypeError(USAGE);
  const classes = ["background", "CSF", "GM", "WM", "lesion"];
  return {
    plan: { classes, inputs: ["T1w", "FLAIR"], spacing: [2, 2, 2] },
    sites: [
      { name: "lesion", archive: lesion, labels: { kind: "lesion" } },
      { name: "tissue", archive: tissue, labels: { kind: "tissue" } },
    ],
    tests: [
      {
        name: "joint",
        archive: test,
        labels: { values: Object.fromEntries(classes.map((name, k) => [String(k), [name]])) },
      },
    ],
  };
}

/** `training.holdout=0` into a nested object; the value is JSON, or text where it is none. */
function assign(target: Record<string, unknown>, assignment: string): void {
  const [path = "", ...rest] = assignment.split("=");
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let inner = target;
  for (const key of keys) {
    inner[key] ??= {};
    inner = inner[key] as Record<string, unknown>;
  }
  inner[last] = json(rest.join("="));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

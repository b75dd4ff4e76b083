import { parseArgs } from "node:util";
import type { EngineChoice } from "@fedace/ace-core/engine";
import { LOSS_NAMES, OPTIMIZER_NAMES, parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";

export const USAGE = `npm run bench -- federated --tissue DIR --lesion DIR --test DIR [options]

Trains a plan in one process, the sites in turn, and scores the joint model on an archive that is labelled for all
classes (values 0 to 4: background, CSF, GM, WM, lesion).

  --rounds 50  --steps 10  --optimizer ${OPTIMIZER_NAMES.join("|")}  --loss ${LOSS_NAMES.join("|")}  --seed 0
  --set training.augmentation=false   any other key of the plan, as often as needed
  --score-every 10                    rounds between two scores
  --engine auto|tensorflow|wasm|plain
  --out FILE                          figures as JSON`;

interface FederatedOptions {
  readonly tissue: string;
  readonly lesion: string;
  readonly test: string;
  readonly plan: Plan;
  readonly scoreEvery: number;
  readonly engine: EngineChoice;
  readonly out: string | undefined;
}

/** @throws TypeError with the usage if a folder is missing; PLAN_INVALID */
export function parseOptions(args: string[]): FederatedOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      tissue: text,
      lesion: text,
      test: text,
      rounds: { ...text, default: "50" },
      steps: { ...text, default: "10" },
      optimizer: { ...text, default: "sgd" },
      loss: { ...text, default: "ace-dice" },
      seed: { ...text, default: "0" },
      set: { ...text, multiple: true, default: [] },
      "score-every": { ...text, default: "10" },
      engine: { ...text, default: "auto" },
      out: text,
    },
  });
  const { tissue, lesion, test } = values;
  if (tissue === undefined || lesion === undefined || test === undefined) throw new TypeError(USAGE);
  const plan: Record<string, unknown> = {
    name: "bench",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    rounds: Number(values.rounds),
    loss: values.loss,
    seed: Number(values.seed),
    training: { steps: Number(values.steps), optimizer: values.optimizer },
  };
  for (const assignment of values.set) assign(plan, assignment);
  return {
    tissue,
    lesion,
    test,
    plan: parsePlan(plan),
    scoreEvery: Number(values["score-every"]),
    engine: values.engine as EngineChoice,
    out: values.out,
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

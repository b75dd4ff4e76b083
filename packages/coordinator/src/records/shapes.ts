import { labelMapSchema } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import {
  evaluationSchema,
  manifestSchema,
  parsePlan,
  publicKeySchema,
  SITE_MESSAGES,
  siteNameSchema,
  updateNumbersSchema,
} from "@fedace/ace-core/protocol";
import type { Evaluation, Manifest, Plan, PublicKey, UpdateNumbers } from "@fedace/ace-core/protocol";
import { z } from "zod";
import type { ModelRef, Progress, RunState } from "../rounds/index.js";
import { unchanged } from "./stored.js";
import type { Shape } from "./stored.js";

/**
 * Everything that is kept as JSON, each with a version of its own. When a schema changes so that an older value would be
 * read wrongly or not at all, append the step that leads from the older version; `stored.test.ts` has samples of each.
 */
export const PLAN: Shape<Plan> = { name: "plan", migrations: [unchanged], parse: parsePlan };

const STAGES: readonly unknown[] = [
  "created",
  "waiting",
  "collecting",
  "aggregating",
  "evaluating",
  "completed",
  "aborted",
  "failed",
] satisfies readonly RunState["stage"]["kind"][];

/** 0.1.0 did not keep why a waiting run cannot begin. */
function withProblem(value: unknown): unknown {
  const state = value as { stage: { kind: unknown } };
  return state.stage.kind === "waiting" ? { ...state, stage: { ...state.stage, problem: null } } : state;
}

export const STATE: Shape<RunState> = {
  name: "state of a run",
  migrations: [withProblem],
  parse: (value) => {
    const { stage } = value as { stage: { kind: unknown } };
    if (!STAGES.includes(stage.kind)) throw new TypeError("an unknown stage");
    return value as RunState;
  },
};

export const SITES: Shape<readonly string[]> = {
  name: "list of sites",
  migrations: [unchanged],
  parse: (value) => z.array(siteNameSchema).parse(value),
};

export const MANIFEST: Shape<Manifest> = {
  name: "manifest of a site",
  migrations: [unchanged],
  parse: (value) => manifestSchema.parse(value),
};

export const KEY: Shape<PublicKey> = {
  name: "key of a site",
  migrations: [unchanged],
  parse: (value) => publicKeySchema.parse(value),
};

export const NUMBERS: Shape<UpdateNumbers> = {
  name: "declaration of an update",
  migrations: [unchanged],
  parse: (value) => updateNumbersSchema.parse(value),
};

export const LABELS: Shape<LabelMapConfig> = {
  name: "label map",
  migrations: [unchanged],
  parse: (value) => labelMapSchema.parse(value),
};

export const DICE: Shape<Evaluation["dice"]> = {
  name: "score",
  migrations: [unchanged],
  parse: (value) => evaluationSchema.shape.dice.parse(value),
};

export const SCORED_METRICS: Shape<NonNullable<Evaluation["metrics"]>> = {
  name: "table of metrics",
  migrations: [unchanged],
  parse: (value) => evaluationSchema.shape.metrics.unwrap().parse(value),
};

export const SPREAD: Shape<NonNullable<Evaluation["spread"]>> = {
  name: "spread of scores",
  migrations: [unchanged],
  parse: (value) => evaluationSchema.shape.spread.unwrap().parse(value),
};

export const WITHHELD: Shape<NonNullable<Evaluation["withheld"]>> = {
  name: "list of what is withheld",
  migrations: [unchanged],
  parse: (value) => evaluationSchema.shape.withheld.unwrap().parse(value),
};

export const STRATEGY_STATE: Shape<readonly ModelRef[]> = {
  name: "state of a strategy",
  migrations: [unchanged],
  parse: (value) =>
    z.array(z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(1) })).parse(value),
};

export const PROGRESS: Shape<Progress> = {
  name: "progress of a site",
  migrations: [unchanged],
  parse: (value) => SITE_MESSAGES.progress.parse(value),
};

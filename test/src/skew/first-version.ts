/**
 * The wire as 0.1.0 spoke it: its schemas, copied from commit 9d8aae3 (`packages/ace-core/src/protocol`). Sites and
 * coordinators of that version are out there: what they are sent must be as these say. Never change them.
 */
import { z } from "zod";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const bytes = z
  .int()
  .min(1)
  .max(4 * 1024 ** 3);
const className = z.string().max(32);
const loss = z.number().min(-1e6).max(1e6);
const chunk = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.byteLength > 0 && value.byteLength <= 1024 * 1024,
);
const siteName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);
const round = z.int().min(1);

const manifest = z.strictObject({
  software: z.string().max(32),
  labels: z.union([
    z.strictObject({ kind: z.enum(["tissue", "lesion"]) }),
    z.strictObject({ values: z.record(z.string(), z.union([z.literal(["rest", "ignore"]), z.array(z.string())])) }),
  ]),
  inputs: z.array(z.string().max(32)).max(16),
  cases: count,
  engine: z.string().max(64),
});
const evaluation = z.strictObject({
  cases: count,
  dice: z.record(className, z.number().min(0).max(1).nullable()),
});
const numbers = z.strictObject({
  cases: count,
  voxels: z.record(className, count),
  steps: count,
  loss,
  lastLoss: loss,
  evaluation: evaluation.nullable(),
  seconds: z.number().min(0).max(1e7),
});

/** What its coordinator took from a site. */
export const FIRST_SITE_MESSAGES = {
  manifest,
  progress: z.strictObject({
    run: id,
    round,
    phase: z.enum(["preparing", "downloading", "evaluating", "training", "uploading"]),
    done: count,
    total: count,
    secondsLeft: z.number().min(0).max(1e8).nullable(),
  }),
  "model.read": z.strictObject({
    run: id,
    round,
    offset: count,
    length: z
      .int()
      .min(1)
      .max(1024 * 1024),
  }),
  "update.begin": z.strictObject({ run: id, round, sha256, bytes, numbers }),
  "update.chunk": z.strictObject({ run: id, round, offset: count, data: chunk }),
  "update.end": z.strictObject({ run: id, round }),
  evaluation: z.strictObject({ run: id, round, evaluation }),
  decline: z.strictObject({ run: id, round, code: z.string().regex(/^[A-Z][A-Z0-9_]{2,47}$/) }),
} as const;
export type FirstMessageName = keyof typeof FIRST_SITE_MESSAGES;

/** What its sites took for an answer. */
export const FIRST_ANSWERS = {
  manifest: z.strictObject({ site: siteName, time: count }),
  progress: z.strictObject({}),
  "model.read": z.strictObject({ data: chunk }),
  "update.begin": z.strictObject({ offset: count }),
  "update.chunk": z.strictObject({ offset: count }),
  "update.end": z.strictObject({ counted: z.literal(true) }),
  evaluation: z.strictObject({}),
  decline: z.strictObject({}),
} as const satisfies Record<FirstMessageName, z.ZodType>;
export type FirstAnswer<N extends FirstMessageName> = z.output<(typeof FIRST_ANSWERS)[N]>;

const side = z.int().min(2).max(512);
const model = z.union([
  z.strictObject({ preset: z.enum(["tiny", "small", "paper"]) }),
  z.strictObject({
    filters: z.int().min(1).max(256),
    levels: z.int().min(1).max(6),
    blocks: z.int().min(1).max(4).default(2),
    norm: z.enum(["group", "instance"]).default("group"),
    groups: z.int().min(1).max(256).optional(),
  }),
]);
/** A plan with its defaults filled in. */
const plan = z.strictObject({
  name: z.string(),
  classes: z.array(z.string()),
  inputs: z.array(z.string()),
  spacing: z.tuple([z.number(), z.number(), z.number()]),
  model,
  loss: z.enum(["ace-dice", "ace", "ce", "dice"]),
  training: z.strictObject({
    patch: z.tuple([side, side, side]),
    batch: z.int().min(1).max(256),
    steps: z.int().min(1).max(100_000),
    optimizer: z.enum(["sgd", "adam"]),
    momentum: z.number().min(0).max(0.9999),
    learningRate: z.number().positive().max(100).optional(),
    schedule: z.enum(["constant", "cosine"]),
    sampling: z.enum(["by-class", "uniform"]),
    augmentation: z.boolean(),
    proximal: z.number().min(0).max(1000),
    clipNorm: z.number().min(0).max(1e6),
    checkpointing: z.boolean(),
    precision: z.enum(["float32", "mixed"]),
    holdout: z.number().min(0).max(0.5),
  }),
  aggregation: z.strictObject({
    strategy: z.enum(["fedavg"]),
    weighting: z.enum(["cases", "voxels", "equal"]),
    head: z.enum(["average", "annotating"]),
  }),
  rounds: z.int().min(1).max(100_000),
  quorum: z.strictObject({ sites: z.int().min(1), perClass: z.int().min(0), deadline: z.number() }),
  seed: z.int().min(0).max(0xffffffff),
});
export type FirstPlan = z.output<typeof plan>;

/** What its sites took for an assignment, from the payload of the JWS. */
export const firstAssignmentSchema = z.strictObject({
  kind: z.enum(["train", "evaluate"]),
  site: siteName,
  run: id,
  round,
  plan,
  model: z.strictObject({ sha256, bytes }),
  deadline: count,
});
export type FirstAssignment = z.output<typeof firstAssignmentSchema>;

/** What its sites took for the other messages of a coordinator. */
export const firstClosedSchema = z.strictObject({
  run: id,
  round,
  reason: z.enum(["aggregated", "paused", "aborted", "failed"]),
});

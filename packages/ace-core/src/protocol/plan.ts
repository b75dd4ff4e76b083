import { z } from "zod";
import { coreError } from "../foundation/codes.js";
import { complaints } from "../foundation/complaints.js";
import { deepFreeze } from "../foundation/freeze.js";
import { MAX_CLASSES } from "../labels/index.js";
import { requireSense } from "./plan-sense.js";
import {
  ARCHITECTURE_NAMES,
  AVERAGE_NAMES,
  CORRECTION_NAMES,
  HEAD_NAMES,
  INTENSITY_NAMES,
  LOSS_NAMES,
  MODEL_PRESETS,
  NORM_NAMES,
  OPTIMIZER_NAMES,
  PRECISION_NAMES,
  PRESET_NAMES,
  SAMPLING_NAMES,
  SCHEDULE_NAMES,
  STRATEGY_NAMES,
  WEIGHTING_NAMES,
} from "./vocabulary.js";

/** Largest number of input images; more than any protocol of brain MRI uses. */
const MAX_INPUTS = 16;
/** Largest number of rounds of one run; a bound against typing errors. */
const MAX_ROUNDS = 100_000;

/** A class or input name: it appears on the wire, in file names and in tables. */
const nameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, "1 to 32 letters, digits, _ or -, a letter first");
const uniqueNames = (what: string, min: number, max: number) =>
  z
    .array(nameSchema)
    .min(min)
    .max(max)
    .superRefine((names, context) => {
      const twice = names.filter((name, i) => names.indexOf(name) !== i);
      if (twice.length > 0) context.addIssue({ code: "custom", message: `${what} ${twice.join(", ")} appears twice` });
    });
const side = z.int().min(2).max(512);

/** A duration as in `30m`, `45s`, `2h`, `1d`; in the parsed plan, milliseconds. */
const durationSchema = z
  .union([z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, "a duration such as 45s, 30m, 2h"), z.number().positive()])
  .transform((text) => {
    if (typeof text === "number") return text;
    const match = /^([\d.]+)(ms|s|m|h|d)$/.exec(text);
    const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[(match?.[2] ?? "ms") as "ms"];
    return Number(match?.[1]) * unit;
  })
  .refine((ms) => ms >= 1000 && ms <= 30 * 86_400_000, "between 1s and 30d");

const modelSchema = z.union([
  z.strictObject({ preset: z.enum(PRESET_NAMES) }),
  z.strictObject({
    architecture: z.enum(ARCHITECTURE_NAMES).default("unet"),
    /** Channels of the first level; doubles at each pooling. */
    filters: z.int().min(1).max(256),
    /** Resolutions per path. */
    levels: z.int().min(1).max(6),
    /** Convolution, normalisation, ReLU: how often per level. */
    blocks: z.int().min(1).max(4).default(2),
    norm: z.enum(NORM_NAMES).default("group"),
    /** Channel groups of group norm; must divide `filters`. */
    groups: z.int().min(1).max(256).optional(),
  }),
]);

const trainingSchema = z.strictObject({
  patch: z.tuple([side, side, side]).default([32, 32, 32]).describe("Side lengths of a patch in voxels along R, A, S"),
  batch: z.int().min(1).max(256).default(7).describe("Patches per step"),
  steps: z.int().min(1).max(100_000).default(10).describe("Local steps per round"),
  optimizer: z.enum(OPTIMIZER_NAMES).default("sgd").describe("A fresh one every round"),
  momentum: z.number().min(0).max(0.9999).default(0.9).describe("Nesterov momentum of SGD; 0 is plain SGD"),
  learningRate: z.number().positive().max(100).optional().describe("Without it .1 for SGD, .001 for Adam"),
  schedule: z
    .enum(SCHEDULE_NAMES)
    .default("constant")
    .describe("Of the learning rate, over all steps of the run; `cooldown` begins to fall at half of them"),
  sampling: z
    .enum(SAMPLING_NAMES)
    .default("by-class")
    .describe("Patches around each label value equally often, or anywhere"),
  augmentation: z.boolean().default(true).describe("Flips, and changes of intensity"),
  intensity: z
    .enum(INTENSITY_NAMES)
    .default("mild")
    .describe(
      "What augmentation does to each image: shift, scale and gamma; `strong` before them a random tone curve, a bias field and noise",
    ),
  dropInputs: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe(
      "Above 0, cases may lack images of `inputs`; the probability that a patch with more than one image goes without one of them",
    ),
  proximal: z.number().min(0).max(1000).default(0).describe("μ of FedProx, μ/2 ‖w − w_t‖²; 0 is off"),
  correction: z
    .enum(CORRECTION_NAMES)
    .default("off")
    .describe("Drift correction: a site's steps go against its gradient minus what it has that the others' have not"),
  absentPrior: z
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe("Taken off the logits of classes that no label value of a site can mean, in its loss only; 0 is off"),
  clipNorm: z.number().min(0).max(1e6).default(0).describe("Largest global L2 norm of a gradient; 0 is off"),
  checkpointing: z
    .boolean()
    .default(false)
    .describe(
      "Compute the inner volumes of the network again in the backward pass instead of keeping them: less memory, more time",
    ),
  precision: z
    .enum(PRECISION_NAMES)
    .default("float32")
    .describe(
      "`mixed`: convolutions may multiply in 16 bits where a site's engine can (webgpu); others train in float32",
    ),
  holdout: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.15)
    .describe(
      "Share of the local cases kept back to score the received model: one at least, of fewer than 4 another one each round; 0 keeps none",
    ),
});

const planSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "1 to 64 letters, digits, dots, _ or -")
    .describe("For people; the run's id begins with it"),
  classes: uniqueNames("class", 2, MAX_CLASSES).describe("Of the model, the background first"),
  inputs: uniqueNames("input", 1, MAX_INPUTS).describe("BIDS suffixes of the images, one channel each"),
  spacing: z
    .tuple([z.number().min(0.2).max(10), z.number().min(0.2).max(10), z.number().min(0.2).max(10)])
    .describe("Voxel spacing in mm along R, A, S that every image is resampled to"),
  model: modelSchema
    .default({ preset: "small" })
    .describe(
      "A preset, or every field: channels of the first level, which double at each pooling; resolutions; convolutions per level; norm and its groups",
    ),
  loss: z
    .enum(LOSS_NAMES)
    .default("ace-dice")
    .describe("Adaptive cross entropy with marginal Dice or alone; `ce` and `dice` are the naive baselines"),
  training: trainingSchema.prefault({}),
  aggregation: z
    .strictObject({
      strategy: z
        .enum(STRATEGY_NAMES)
        .default("fedavg")
        .describe("The mean Σ n w / Σ n of the sites' weights, or a step towards it with the server's momentum"),
      momentum: z.number().min(0).max(0.99).default(0.5).describe("μ of fedavgm; fedavg has none"),
      serverRate: z.number().positive().max(10).default(1).describe("η of fedavgm; 1 is the mean where μ is 0"),
      weighting: z
        .enum(WEIGHTING_NAMES)
        .default("cases")
        .describe(
          "n: training cases, annotated voxels, 1, or the mean over classes of the part of the cases that show it",
        ),
      head: z
        .enum(HEAD_NAMES)
        .default("average")
        .describe("The classifier's row of a class: over all sites, or over those that annotate it"),
      average: z
        .strictObject({
          kind: z.enum(AVERAGE_NAMES).default("none"),
          decay: z.number().min(0).max(0.99).default(0.6).describe("ρ of w̄ ← ρ w̄ + (1 − ρ) w, from round to round"),
        })
        .prefault({})
        .describe(
          "What is scored and published: a round's model, or a moving average; training goes on from the model",
        ),
    })
    .prefault({}),
  rounds: z
    .int()
    .min(0)
    .max(MAX_ROUNDS)
    .describe(
      "Of training at the sites and averaging; 0: the sites only score the model of `init`, on all their cases",
    ),
  quorum: z
    .strictObject({
      sites: z.int().min(1).max(10_000).default(2).describe("Fewest sites whose updates make a round"),
      perClass: z.int().min(0).max(10_000).default(1).describe("Fewest of them that annotate each class"),
      deadline: durationSchema
        .default(30 * 60_000)
        .describe("How long a round waits for updates; without it 30m; a bare number is in ms"),
    })
    .prefault({}),
  stop: z
    .strictObject({
      metric: z
        .string()
        .regex(/^dice(:[A-Za-z][A-Za-z0-9_-]{0,31})?$/, "dice, or dice:CLASS")
        .default("dice")
        .describe("`dice`, the mean over the classes, or `dice:CLASS`"),
      patience: z
        .int()
        .min(1)
        .max(1000)
        .describe("Scored models in a row that are no better than the best before them"),
    })
    .optional()
    .describe("Early stop: no further round is opened once so many models have brought nothing; without it never"),
  best: z
    .array(z.string().max(64))
    .min(1)
    .max(64)
    .optional()
    .describe(
      "What the best model is chosen by: the mean of these, each `METRIC` (over its classes) or `METRIC:CLASS`, of dice, lesionRecall, lesionPrecision and lesionF1; without it `[dice]`",
    ),
  smallest: z
    .record(nameSchema, z.number().positive().max(1000))
    .refine((sizes) => Object.keys(sizes).length > 0, "name a class at least")
    .optional()
    .describe(
      "Class: mL. A connected region of these classes (26 neighbours) that is smaller is not kept, in what is scored and what `predict` writes; without it all are",
    ),
  seed: z.int().min(0).max(0xffffffff).default(0).describe("Decides the initial weights and every draw"),
  init: z
    .strictObject({
      run: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "the name of a run"),
      round: z.int().min(0),
      tensors: z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal digits"),
    })
    .optional()
    .describe(
      "The model that the run goes on from, in place of initial weights by the seed: its run, its round, and the SHA-256 of its values. In a plan file: a bundle's path, or a run and a round of this coordinator",
    ),
});

/** A plan as parsed: every default filled in, durations in milliseconds, frozen. */
export type Plan = z.output<typeof planSchema>;
/** A plan as written in YAML. */
export type PlanInput = z.input<typeof planSchema>;
export { planSchema };

/**
 * Of fewer cases than this, none is kept back for good: scores are then of cases that are trained on in other rounds.
 * Sites and coordinator both go by it.
 */
export const FEW_CASES = 4;

/** Learning rate of a plan: as written, else the optimiser's default: SGD .1 (measured, see README.md), Adam 1e-3 (Kingma and Ba 2015). */
export function learningRate(plan: Plan): number {
  return plan.training.learningRate ?? (plan.training.optimizer === "sgd" ? 0.1 : 0.001);
}

/** The pooling of `levels` resolutions halves a side `levels − 1` times. */
function poolingFactor(plan: Plan): number {
  const levels = ("preset" in plan.model ? MODEL_PRESETS[plan.model.preset] : plan.model).levels;
  return 2 ** (levels - 1);
}

/**
 * Parses a plan from an already decoded value (YAML or JSON).
 *
 * @throws PLAN_INVALID names each wrong key and why
 * @throws PLAN_PATCH_INDIVISIBLE names the side and the multiple
 */
export function parsePlan(value: unknown): Plan {
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    throw coreError("PLAN_INVALID", `The plan cannot be used: ${complaints(planSchema, value).join(" ")}`);
  }
  const plan = parsed.data;
  const factor = poolingFactor(plan);
  const wrong = plan.training.patch.filter((length) => length % factor !== 0);
  if (wrong.length > 0) {
    throw coreError(
      "PLAN_PATCH_INDIVISIBLE",
      `A patch of ${plan.training.patch.join(" × ")} voxels cannot be pooled: ${wrong.join(", ")} is no multiple of ${factor}.`,
      { remedy: `Make every side of training.patch a multiple of ${factor}.` },
    );
  }
  if (!("preset" in plan.model)) {
    const { filters, groups } = plan.model;
    if (groups !== undefined && filters % groups !== 0)
      throw coreError(
        "PLAN_INVALID",
        `The plan cannot be used. model.groups: ${groups} does not divide ${filters} filters.`,
      );
  }
  requireSense(plan);
  return deepFreeze(plan);
}

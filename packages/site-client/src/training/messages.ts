import { labelMapSchema } from "@fedace/ace-core/labels";
import { evaluationSchema, updateNumbersSchema } from "@fedace/ace-core/protocol";
import { z } from "zod";
import { saysSchema } from "../ledger/index.js";

/**
 * What the site's two processes say to each other. The training process has the archive and no network; the other
 * one has the network and never reads an image. Each message is a line of JSON: requests come in on the standard
 * input, replies go out on a descriptor that no library prints to.
 */
export const REPLIES_FD = 3;

const id = z.int().min(1);

/** First message: what to train on and with. Answer: {@link readySchema}. */
const open = z.strictObject({
  type: z.literal("open"),
  id,
  site: z.string(),
  archive: z.string(),
  labels: labelMapSchema,
  engine: z.enum(["auto", "tensorflow", "webgpu", "wasm", "plain"]),
  threads: z.int().min(1).nullable(),
  /** Folders in which engines may have been installed, besides the user's cache. */
  engines: z.array(z.string()),
});

/** Look through the archive. Answer: {@link surveySchema}. */
const survey = z.strictObject({ type: z.literal("survey"), id, inputs: z.array(z.string()).nullable() });

/** Work on an assignment. Answer: {@link outcomeSchema}. */
const work = z.strictObject({
  type: z.literal("work"),
  id,
  kind: z.enum(["train", "evaluate"]),
  round: z.int().min(1),
  /** As in the assignment, checked there and again here. */
  plan: z.unknown(),
  /** safetensors file of the model to start from. */
  model: z.string(),
  /** Where to write the update. */
  update: z.string(),
  /** Which run it is, and the folder in which is kept what lasts from round to round. */
  run: z.string(),
  runs: z.string(),
  /** Other models of the assignment, and where each lies if it had to be downloaded. */
  beside: z.strictObject({
    previous: z
      .strictObject({
        round: z.int().min(1),
        update: z.string(),
        model: z.strictObject({ sha256: z.string(), bytes: z.int() }),
        path: z.string(),
      })
      .nullable(),
    average: z.strictObject({ sha256: z.string(), path: z.string() }).nullable(),
  }),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Train alone and compare with a joint model. Answer: {@link comparedSchema}. */
const compare = z.strictObject({
  type: z.literal("compare"),
  id,
  /** By which this site trains. */
  plan: z.unknown(),
  /** A bundle whose signature was checked: the plan of its card, its file, the digest of its values. */
  joint: z.strictObject({ plan: z.unknown(), path: z.string(), tensors: sha256 }),
  /** Its run, and the one that this went on from. */
  run: z.string(),
  before: z.string().nullable(),
  /** Whether this site took part in it, as far as can be told, and the rounds in which an update left. */
  took: z.boolean(),
  rounds: z.array(z.int().min(1)),
  /** What is kept of runs, and the folder in which training alone is kept. */
  runs: z.string(),
  alone: z.string(),
});

export const requestSchema = z.discriminatedUnion("type", [
  open,
  survey,
  work,
  compare,
  /** Give up the request with this number. */
  z.strictObject({ type: z.literal("abort"), id }),
]);
export type Request = z.output<typeof requestSchema>;

/** An engine that has been opened. */
export const readySchema = z.strictObject({
  /** For the manifest: name and device. */
  engine: z.string(),
  /** Which engine and why, for people. */
  reason: z.string(),
  /** Multiplies in 16 bits where a plan asks for mixed precision. */
  mixedPrecision: z.boolean(),
});
export type Ready = z.output<typeof readySchema>;

const skippedSchema = z.array(z.strictObject({ number: z.int(), code: z.string() }));
/** Cases left out, by number and code: names stay where the archive is read. */
export type Skipped = z.output<typeof skippedSchema>;

export const surveySchema = z.strictObject({
  cases: z.int().min(0),
  skipped: skippedSchema,
  inputs: z.array(z.string()),
  /** How many cases can be used with exactly which images, the commonest first. */
  combinations: z.array(z.strictObject({ inputs: z.array(z.string()), cases: z.int().min(1) })),
  /** Bytes of all prepared cases. */
  memory: z.number(),
  /** Why the label map may be the wrong one although it knows every value. */
  doubts: z.array(z.string()),
  /** Cases whose images are unlike those of the others, by number. */
  odd: z.array(z.int()),
});
export type Survey = z.output<typeof surveySchema>;

/** Cases that the plan found in the archive when it was last read. */
const found = z.int().min(1);

export const outcomeSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("train"),
    bytes: z.int().min(1),
    sha256,
    numbers: updateNumbersSchema,
    says: saysSchema,
    found,
    /** An update of this site that counted could not be worked into its drift correction: it is not here any more. */
    lost: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("evaluate"), found, evaluation: evaluationSchema }),
]);
export type WorkOutcome = z.output<typeof outcomeSchema>;

export const comparedSchema = z.strictObject({
  /** Cases trained on, cases scored, and cases in neither: they would be kept back, but were trained on in the run. */
  training: z.int().min(1),
  heldBack: z.int().min(1),
  leftOut: z.int().min(0),
  /** Why no case scored was trained on in the run: no part was taken in it, it is known, or it is not. */
  standing: z.enum(["absent", "known", "unknown"]),
  /** Rounds of training alone that an earlier attempt had done; seconds of all of them. */
  from: z.int().min(0),
  seconds: z.number().min(0),
  /** SHA-256 of the model that was trained alone, as a file. */
  model: sha256,
  /** Classes but the background that the archive's labels show, and that they say are not there. */
  annotated: z.array(z.string()),
  absent: z.array(z.string()),
  /** Case by case. */
  scores: z.array(z.strictObject({ alone: evaluationSchema, joint: evaluationSchema })),
});
export type Compared = z.output<typeof comparedSchema>;

/** How far a request is. */
const progress = z.strictObject({
  type: z.literal("progress"),
  id,
  phase: z.enum(["preparing", "evaluating", "training"]),
  done: z.number().min(0),
  total: z.number().min(0),
  secondsLeft: z.number().min(0).nullable(),
  loss: z.number().nullable(),
});
export type WorkProgress = Omit<z.output<typeof progress>, "type" | "id">;

export const replySchema = z.discriminatedUnion("type", [
  progress,
  z.strictObject({ type: z.literal("skipped"), id, cases: skippedSchema }),
  z.strictObject({ type: z.literal("done"), id, value: z.unknown() }),
  z.strictObject({
    type: z.literal("failed"),
    id,
    code: z.string(),
    exit: z.string(),
    message: z.string(),
    remedy: z.string(),
  }),
]);
export type Reply = z.output<typeof replySchema>;

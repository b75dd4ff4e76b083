import { z } from "zod";
import { labelMapSchema, MAX_CLASSES } from "../labels/index.js";
import { METRIC_NAMES, METRICS } from "../metrics/index.js";
import type { Metric, MetricName } from "../metrics/index.js";
import { imageFiguresSchema } from "./images.js";
import { LIMITS } from "./limits.js";
import { REJECT_CODES } from "./reject.js";
import type { RejectCode } from "./reject.js";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const cases = z.int().min(0).max(LIMITS.cases);
const bytes = z.int().min(1).max(LIMITS.updateBytes);
export const className = z.string().max(32);
const loss = z.number().min(-LIMITS.lossMagnitude).max(LIMITS.lossMagnitude);
const chunk = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.byteLength > 0 && value.byteLength <= LIMITS.chunkBytes,
  `1 to ${LIMITS.chunkBytes} bytes`,
);

/** A site's name: chosen by the operator, the only name of a site on the wire. */
export const siteNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "1 to 32 lower-case letters, digits or -, no - first");

/** Per class of the plan: a Dice in [0, 1], or null where the site cannot assess the class. */
const diceTable = z.record(className, z.number().min(0).max(1).nullable());

/** The metrics that go beside Dice, which has a field of its own. */
export const REPORTED_METRICS = METRIC_NAMES.filter((name) => name !== "dice");
export type ReportedMetric = (typeof REPORTED_METRICS)[number];

/** Something for each of these metrics, where there is any. */
export const byMetric = <M extends MetricName, T extends z.ZodType>(names: readonly M[], of: (metric: Metric) => T) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, of(METRICS[name]).optional()])) as Record<M, z.ZodOptional<T>>,
  );

/** Metric → class → number; of a class that the site cannot assess there is none. */
const metricTable = byMetric(REPORTED_METRICS, ({ least, most }) =>
  z.record(className, z.number().min(least).max(most)),
);

/** What a site says beside the numbers themselves: none of it to a coordinator that does not take it. */
const spreadTable = byMetric(METRIC_NAMES, ({ least, most }) =>
  z.record(
    className,
    z.strictObject({
      cases: cases.min(1),
      deviation: z
        .number()
        .min(0)
        .max(most - least),
    }),
  ),
);
const withheldTable = byMetric(METRIC_NAMES, () => z.array(className).min(1).max(MAX_CLASSES));

/**
 * What a coordinator takes of an evaluation beside Dice, and `images` of an update's numbers: this is what it says in its
 * answer to the manifest.
 */
export const EVALUATION_PARTS: readonly string[] = [...REPORTED_METRICS, "spread", "withheld", "images"];

/** How many cases have exactly these images: what cases a plan finds follows from that, whatever its inputs are. */
const combinationSchema = z.strictObject({
  inputs: z.array(z.string().max(32)).min(1).max(16),
  cases: cases.min(1),
});

/**
 * What a site says of itself after connecting. The label map goes as the site wrote it: label values and class names.
 */
export const manifestSchema = z.strictObject({
  software: z.string().max(32),
  labels: labelMapSchema,
  /** Modalities found with every usable case, such as T1w. */
  inputs: z.array(z.string().max(32)).max(16),
  /** Usable cases. */
  cases,
  /** Where the cases do not all have the same images. Together no more than one site may have. */
  combinations: z
    .array(combinationSchema)
    .min(1)
    .max(LIMITS.combinations)
    .refine((all) => all.reduce((sum, one) => sum + one.cases, 0) <= LIMITS.cases, `at most ${LIMITS.cases} cases`)
    .optional(),
  engine: z.string().max(64),
  /** What the site knows of what came after the first version: it may then be spoken of. Words of later versions say nothing. */
  understands: z.array(z.string().max(32)).max(16).optional(),
});
export type Manifest = z.output<typeof manifestSchema>;

/** What the site scored with the model it received, on its held-back cases. */
export const evaluationSchema = z.strictObject({
  /** Held-back cases that were scored. */
  cases,
  /** Mean Dice over those cases. */
  dice: diceTable,
  /**
   * The other metrics, means over those cases: only where the coordinator's answer to the manifest says that it takes
   * them.
   */
  metrics: metricTable.optional(),
  /**
   * Of these means, Dice's among them: over how many cases, and the standard deviation of these (divided by their number),
   * so that the figures of all sites have a mean by cases and an interval.
   */
  spread: spreadTable.optional(),
  /** The classes of which the site has figures of this metric over fewer cases than it gives figures of. */
  withheld: withheldTable.optional(),
});
export type Evaluation = z.output<typeof evaluationSchema>;

/** The declared numbers that go with an update. */
export const updateNumbersSchema = z.strictObject({
  /** Cases trained on. */
  cases,
  /** Voxels of the training cases per class this site annotates. */
  voxels: z.record(className, count),
  steps: count,
  /** Mean loss over the steps of this round. */
  loss,
  /** Mean loss over the last tenth of the steps, at least one. */
  lastLoss: loss,
  evaluation: evaluationSchema.nullable(),
  /** What the images of the training cases look like: only to a coordinator that takes it. */
  images: imageFiguresSchema.optional(),
  /** Seconds the local training took. */
  seconds: z.number().min(0).max(1e7),
});
export type UpdateNumbers = z.output<typeof updateNumbersSchema>;

/** A safetensors file: its SHA-256 and its length in bytes. */
const fileRef = z.strictObject({ sha256, bytes });

/**
 * What the coordinator asks a site to do; sent as a compact JWS (EdDSA) over this JSON that the site checks against
 * the key its invitation pinned. `evaluate` asks for a score of the final model only.
 */
export const assignmentSchema = z.strictObject({
  kind: z.enum(["train", "evaluate"]),
  /** Name of the site this is meant for. */
  site: siteNameSchema,
  run: id,
  /** From 1. For `evaluate`, the last round + 1. */
  round: z.int().min(1),
  /** The plan with every default filled in. */
  plan: z.unknown(),
  /** SHA-256 of the safetensors file to start from, and its length in bytes. */
  model: fileRef,
  /**
   * With drift correction: the last round of this run in which an update of this site counted, that update's SHA-256,
   * and the model that the round made.
   */
  previous: z.strictObject({ round: z.int().min(1), update: sha256, model: fileRef }).optional(),
  /** Where a moving average is published: the one after the round before, which is what is scored. */
  average: fileRef.optional(),
  /** Unix time in milliseconds after which the round no longer waits. */
  deadline: count,
});
export type Assignment = z.output<typeof assignmentSchema>;

/** Messages from the site, each acknowledged: event name → payload. */
export const SITE_MESSAGES = {
  /** First message after connecting. Answer: {@link welcomeSchema}. */
  manifest: manifestSchema,
  /** Where the site stands, for the operator's eyes; every few seconds while it works. */
  progress: z.strictObject({
    run: id,
    round: z.int().min(1),
    phase: z.enum(["preparing", "downloading", "evaluating", "training", "uploading"]),
    /** Steps, cases or bytes done, and in all, in this phase. */
    done: count,
    total: count,
    secondsLeft: z.number().min(0).max(1e8).nullable(),
  }),
  /** A part of the model to start from, or of another model that the assignment names. Answer: the bytes. */
  "model.read": z.strictObject({
    run: id,
    round: z.int().min(1),
    of: z.enum(["previous", "average"]).optional(),
    offset: count,
    length: z.int().min(1).max(LIMITS.chunkBytes),
  }),
  /** Begins or resumes the one upload of this site in this round. Answer: the offset to go on from. */
  "update.begin": z.strictObject({ run: id, round: z.int().min(1), sha256, bytes, numbers: updateNumbersSchema }),
  /** The next bytes. Answer: the offset after them. */
  "update.chunk": z.strictObject({ run: id, round: z.int().min(1), offset: count, data: chunk }),
  /** All bytes are there: verify and admit. Answer: `counted`. */
  "update.end": z.strictObject({ run: id, round: z.int().min(1) }),
  /** The score of an `evaluate` assignment. */
  evaluation: z.strictObject({ run: id, round: z.int().min(1), evaluation: evaluationSchema }),
  /** The site cannot take part in this round; `code` is a local error code, no more. */
  decline: z.strictObject({ run: id, round: z.int().min(1), code: z.string().regex(/^[A-Z][A-Z0-9_]{2,47}$/) }),
  /** The site leaves for good: its key is refused from then on. Came after the first version, which knows no such message. */
  leave: z.strictObject({}),
} as const;
export type SiteMessageName = keyof typeof SITE_MESSAGES;
export type SiteMessage<N extends SiteMessageName> = z.output<(typeof SITE_MESSAGES)[N]>;

/** Messages from the coordinator, not acknowledged: event name → payload. */
export const COORDINATOR_MESSAGES = {
  /** Compact JWS over an {@link assignmentSchema}. */
  assignment: z.strictObject({ jws: z.string().max(256 * 1024) }),
  /** The round is over or the run stopped: stop working on it. Advisory: an upload is refused anyhow. */
  "round.closed": z.strictObject({
    run: id,
    round: z.int().min(1),
    reason: z.enum(["aggregated", "paused", "aborted", "failed"]),
  }),
  /** Where the coordinator is to be found from now on: compact JWS over a notice. Came after the first version, which ignores it. */
  moved: z.strictObject({ jws: z.string().max(64 * 1024) }),
  /** The coordinator closes this connection, and why. */
  goodbye: z.strictObject({ code: z.enum(Object.keys(REJECT_CODES) as [RejectCode, ...RejectCode[]]) }),
} as const;
export type CoordinatorMessageName = keyof typeof COORDINATOR_MESSAGES;
export type CoordinatorMessage<N extends CoordinatorMessageName> = z.output<(typeof COORDINATOR_MESSAGES)[N]>;

/** Answer to `manifest`. */
export const welcomeSchema = z.strictObject({
  site: siteNameSchema,
  time: count,
  /**
   * What it takes of an evaluation beside Dice (metrics, `spread`, `withheld`) and of an update (`images`); only to a site that understands `metrics`.
   * Names that the site does not know are for others.
   */
  metrics: z.array(z.string().max(32)).max(64).optional(),
});

/** What every acknowledgement looks like: a result, or a reject code with the fields it needs. */
export const answerSchemas = {
  manifest: welcomeSchema,
  progress: z.strictObject({}),
  "model.read": z.strictObject({ data: chunk }),
  "update.begin": z.strictObject({ offset: count }),
  "update.chunk": z.strictObject({ offset: count }),
  "update.end": z.strictObject({ counted: z.literal(true) }),
  evaluation: z.strictObject({}),
  decline: z.strictObject({}),
  leave: z.strictObject({}),
} as const satisfies Record<SiteMessageName, z.ZodType>;
export type SiteAnswer<N extends SiteMessageName> = z.output<(typeof answerSchemas)[N]>;

export const rejectionSchema = z.strictObject({
  code: z.enum(Object.keys(REJECT_CODES) as [RejectCode, ...RejectCode[]]),
  /** Bytes the coordinator has, with UPDATE_OFFSET and UPDATE_CHECKSUM. */
  offset: count.optional(),
  /** The other side's value, such as its protocol version or its Unix time in milliseconds. */
  expected: z.number().optional(),
});
export type Rejection = z.output<typeof rejectionSchema>;

/** An acknowledgement on the wire. */
export type Answer<N extends SiteMessageName> =
  { readonly ok: true; readonly value: SiteAnswer<N> } | { readonly ok: false; readonly rejection: Rejection };

/** `auth` of the socket.io handshake. A refusal comes as `connect_error` with a {@link rejectionSchema} as its `data`. */
export const handshakeSchema = z.strictObject({
  protocol: z.int(),
  token: z.string().max(LIMITS.tokenCharacters),
  /** The site's clock, Unix time in milliseconds: tells a wrong clock (CLOCK_SKEW) from an old token (TOKEN_EXPIRED). */
  time: count.optional(),
});

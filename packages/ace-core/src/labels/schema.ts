import { z } from "zod";
import { MAX_CLASSES, MAX_CLASS_NAME } from "./space.js";
import type { LabelMapConfig } from "./types.js";

/** Most values a label map may have: label volumes hold 8-bit indices. */
export const MAX_LABEL_VALUES = 256;

const meaning = z.union([
  z.enum(["rest", "ignore"]),
  z.array(z.string().min(1).max(MAX_CLASS_NAME)).min(1).max(MAX_CLASSES).readonly(),
]);

/**
 * The form of a label map, in a site's YAML and in the manifest it sends: `{kind: tissue | lesion}` or
 * `{values: {"0": rest, "1": [lesion], "255": ignore}}`. What the names mean is checked by `resolveLabelMap`.
 */
export const labelMapSchema: z.ZodType<LabelMapConfig> = z.union([
  z.strictObject({ kind: z.enum(["tissue", "lesion"]) }),
  z.strictObject({
    values: z
      .record(z.string().regex(/^-?\d{1,10}$/, "a label value is an integer"), meaning)
      .refine((values) => Object.keys(values).length > 0, "at least one label value")
      .refine((values) => Object.keys(values).length <= MAX_LABEL_VALUES, `at most ${MAX_LABEL_VALUES} label values`),
  }),
]);

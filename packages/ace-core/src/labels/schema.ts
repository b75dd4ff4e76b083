import { z } from "zod";

/** A label value as a key in YAML or JSON: a non-negative integer below 65 536. */
const valueKey = z.string().regex(/^(0|[1-9]\d{0,4})$/, "a label value is an integer from 0 to 65535");
const meaning = z.union([z.literal("rest"), z.literal("ignore"), z.array(z.string().max(32)).min(1).max(31)]);

/** A label map as written in YAML and as sent in the manifest; see `LabelMapConfig`. */
export const labelMapSchema = z.union([
  z.strictObject({ kind: z.enum(["tissue", "lesion"]) }),
  z.strictObject({
    values: z
      .record(valueKey, meaning)
      .refine((values) => Object.keys(values).length <= 256, "at most 256 label values"),
  }),
]);

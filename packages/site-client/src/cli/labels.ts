import { readFileSync, statSync } from "node:fs";
import { labelMapSchema } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { parse } from "yaml";
import { siteError } from "../errors.js";

/** Largest label map file, bytes: 256 values with all their classes fit many times. */
const MAX_LABELS_BYTES = 256 * 1024;

export interface LabelOptions {
  readonly labels?: string;
  readonly kind?: string;
}

/**
 * The label map that the command line names, if it names one.
 *
 * @throws COMMAND_USAGE, FILE_UNREADABLE, LABELS_FILE
 */
export function labelsOf({ labels, kind }: LabelOptions): LabelMapConfig | undefined {
  if (labels !== undefined && kind !== undefined) {
    throw siteError("COMMAND_USAGE", "--labels and --kind exclude each other.");
  }
  if (labels !== undefined) return readLabels(labels);
  if (kind === undefined) return undefined;
  if (kind === "tissue" || kind === "lesion") return { kind };
  throw siteError("COMMAND_USAGE", `--kind ${kind} is neither tissue nor lesion.`);
}

function readLabels(path: string): LabelMapConfig {
  let text: string;
  try {
    if (statSync(path).size > MAX_LABELS_BYTES) throw new Error("it is too large for a label map");
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw siteError("FILE_UNREADABLE", `The label map ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw siteError("LABELS_FILE", `The label map ${path} is not YAML: ${(cause as Error).message}`, { cause });
  }
  const parsed = labelMapSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = [...new Set(parsed.error.issues.flatMap((issue) => issue.path.map(String)))];
  const where = places.length === 0 ? "" : ` (look at ${places.join(", ")})`;
  throw siteError(
    "LABELS_FILE",
    `The label map ${path} is not of the form \`values: {0: rest, 1: [lesion], 255: ignore}\`${where}.`,
    { cause: parsed.error },
  );
}

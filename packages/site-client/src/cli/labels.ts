import { labelMapSchema } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { siteError } from "../errors.js";
import { readYaml } from "./yaml.js";

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
  const value = readYaml(path, "The label map", "LABELS_FILE");
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

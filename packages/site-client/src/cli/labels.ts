import { complaints } from "@fedace/ace-core/foundation";
import { readYaml } from "@fedace/ace-core/host";
import type { YamlFaults } from "@fedace/ace-core/host";
import { FREESURFER_LABELS, labelMapSchema } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { siteError } from "../errors.js";

export interface LabelOptions {
  readonly labels?: string;
  readonly kind?: string;
}

const LABELS_FAULTS: YamlFaults = {
  unreadable: (message, cause) => siteError("FILE_UNREADABLE", message, { cause }),
  malformed: (message, cause) => siteError("LABELS_FILE", message, { cause }),
};

/**
 * The label map that the command line names, if it names one.
 *
 * @throws COMMAND_USAGE, FILE_UNREADABLE, LABELS_FILE
 */
export async function labelsOf({ labels, kind }: LabelOptions): Promise<LabelMapConfig | undefined> {
  if (labels !== undefined && kind !== undefined) {
    throw siteError("COMMAND_USAGE", "--labels and --kind exclude each other.");
  }
  if (labels !== undefined) return readLabels(labels);
  if (kind === undefined) return undefined;
  if (kind === "tissue" || kind === "lesion") return { kind };
  // Written out: the protocol knows the other two by name, and a coordinator of any version knows values.
  if (kind === "freesurfer") return FREESURFER_LABELS;
  throw siteError("COMMAND_USAGE", `--kind ${kind} is none of tissue, lesion and freesurfer.`);
}

async function readLabels(path: string): Promise<LabelMapConfig> {
  const value = await readYaml(path, "The label map", LABELS_FAULTS);
  const parsed = labelMapSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = complaints(labelMapSchema, value).join(" ");
  throw siteError(
    "LABELS_FILE",
    `The label map ${path} is not of the form \`values: {0: rest, 1: [lesion], 255: ignore}\`: ${wrong}`,
    { cause: parsed.error },
  );
}

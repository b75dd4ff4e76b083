import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { listAnatFolders, type SkippedCase, type Stray } from "./bids.js";
import { smallestRegion } from "./label-regions.js";
import { checkCase, type CaseVerdict, type CheckedCase, type LabelCount } from "./check-case.js";
import { channelCount } from "./cases.js";
import { countCombinations, type InputCombination } from "./combinations.js";
import type { Spacing } from "./grid.js";
import { commonInputs, type CommonInputs } from "./inputs.js";
import { fittingPreset, mapDoubts, mapWithoutPlan, suggestedMap, type PresetName } from "./label-survey.js";
import { labelledShare, shareDoubts } from "./volume-doubts.js";
import { labelNames } from "./label-table.js";
import { withOddCases } from "./odd-cases.js";
import type { ReadCaseOptions } from "./read-scan.js";

/** The spacing of the default plan. */
const DEFAULT_SPACING: Spacing = [2, 2, 2];

export interface CheckOptions extends ReadCaseOptions {
  /** What the archive's label values mean; without it, the report says which preset fits. */
  readonly labels?: LabelMapConfig;
  /** BIDS suffixes wanted. Default: those that more than half of the readable cases have. */
  readonly inputs?: readonly string[];
  /** Whether a case may lack some of them, but not all. Default false. */
  readonly mayLack?: boolean;
  /** mm along R, A, S that the memory is estimated for. Default: 2, 2, 2. */
  readonly spacing?: Spacing;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CheckReport {
  readonly archive: string;
  readonly inputs: readonly string[];
  /** Images that some cases have and that are not among the inputs. */
  readonly leftOut: CommonInputs["leftOut"];
  /** Files that look like images and are not used. */
  readonly strays: readonly Stray[];
  readonly usable: readonly CheckedCase[];
  readonly skipped: readonly SkippedCase[];
  /** How many cases can be used with which images. */
  readonly combinations: readonly InputCombination[];
  /** All values in the usable cases, with the number of cases that have them. */
  readonly labels: readonly LabelTotal[];
  readonly labelMap: {
    /** The map given, if one was. */
    readonly given?: "tissue" | "lesion" | "values";
    /** The preset whose values are those found in all readable label images. */
    readonly fits?: PresetName;
    /** Why the map given may be the wrong one although it knows every value. */
    readonly doubts?: readonly string[];
    /** A map to begin with, as YAML, where no preset fits. */
    readonly suggestion?: string;
  };
  readonly spacing: Spacing;
  /** Bytes that all usable cases take when prepared at `spacing`. */
  readonly memory: number;
}

/**
 * Looks through an archive as a site would before training, with no coordinator and no plan: every file is read, and
 * every case gets a verdict. An archive without a usable case is a report, too.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES, and LABEL_MAP_CONTRADICTION for a label map that is none
 */
export async function checkArchive(dir: string, options: CheckOptions = {}): Promise<CheckReport> {
  const { labels, mayLack = false, spacing = DEFAULT_SPACING, limits, signal, onProgress } = options;
  const map = labels === undefined ? undefined : mapWithoutPlan(labels);
  const folders = await listAnatFolders(dir, signal);
  const common = await commonInputs(folders, { limits, signal });
  const inputs = options.inputs ?? common.inputs;
  const names = await labelNames(dir);
  const channels = channelCount({ inputs, mayLack });
  const looked: CaseVerdict[] = [];
  for (const folder of folders) {
    signal?.throwIfAborted();
    looked.push(await checkCase(folder, { inputs, mayLack, channels, spacing, map, names, limits, signal }));
    onProgress?.(looked.length, folders.length);
  }
  const verdicts = withOddCases(looked);
  const usable = verdicts.flatMap((verdict) => ("labels" in verdict.case ? [verdict.case] : []));
  return {
    archive: dir,
    inputs,
    leftOut: common.leftOut.filter(({ suffix }) => options.inputs === undefined && !inputs.includes(suffix)),
    strays: folders.flatMap((folder) => folder.strays),
    usable,
    skipped: verdicts.flatMap((verdict) => ("labels" in verdict.case ? [] : [verdict.case])),
    combinations: countCombinations(verdicts.map((verdict) => verdict.usable)),
    labels: totals(usable, names),
    labelMap: mapVerdict(verdicts, labels, names),
    spacing,
    memory: usable.reduce((sum, { memory }) => sum + memory, 0),
  };
}

/** One label value over all usable cases. */
interface LabelTotal extends Omit<LabelCount, "regions"> {
  readonly cases: number;
  /** Of lesions: 99 % of what is labelled lies in connected regions of this size or larger, mL. */
  readonly smallestRegion?: number;
}

function totals(cases: readonly CheckedCase[], names: ReadonlyMap<number, string>): CheckReport["labels"] {
  const values = [...new Set(cases.flatMap(({ labels }) => labels.map(({ value }) => value)))].sort((a, b) => a - b);
  return values.map((value) => {
    const found = cases.flatMap(({ labels }) => labels.filter((label) => label.value === value));
    const name = names.get(value);
    const size = smallestRegion(found.flatMap(({ regions = [] }) => regions));
    return {
      value,
      ...(name === undefined ? {} : { name }),
      cases: found.length,
      voxels: found.reduce((sum, { voxels }) => sum + voxels, 0),
      millilitres: found.reduce((sum, { millilitres }) => sum + millilitres, 0),
      ...(size === undefined ? {} : { smallestRegion: size }),
    };
  });
}

function mapVerdict(
  verdicts: readonly CaseVerdict[],
  given: LabelMapConfig | undefined,
  names: ReadonlyMap<number, string>,
): CheckReport["labelMap"] {
  const values = [...new Set([0, ...verdicts.flatMap((verdict) => verdict.values)])].sort((a, b) => a - b);
  const share = labelledShare(verdicts.flatMap((verdict) => ("labels" in verdict.case ? [verdict.case] : [])));
  const preset = fittingPreset(values);
  // Values alone do not tell a tissue map from three kinds of lesion.
  const not = (["tissue", "lesion"] as const).find((kind) => kind === preset && shareDoubts(kind, share).length > 0);
  const fits = not === undefined ? preset : undefined;
  const map = given === undefined ? undefined : mapWithoutPlan(given);
  const known = map === undefined || values.every((value) => map.values.includes(value));
  const unfit = given !== undefined && "kind" in given ? shareDoubts(given.kind, share) : [];
  const doubts =
    map === undefined || values.length === 1
      ? []
      : [...mapDoubts(map, values, names), ...maskDoubts(verdicts, given), ...unfit];
  return {
    ...(given === undefined ? {} : { given: "kind" in given ? given.kind : ("values" as const) }),
    ...(doubts.length === 0 || !known ? {} : { doubts }),
    ...(fits === undefined ? {} : { fits }),
    ...((given === undefined || !known || unfit.length > 0) && fits === undefined && values.length > 1
      ? { suggestion: suggestedMap(values, names, not) }
      : {}),
  };
}

/** A mask shows one thing; a tissue map has three. */
function maskDoubts(verdicts: readonly CaseVerdict[], given: LabelMapConfig | undefined): readonly string[] {
  const masks = verdicts.filter(({ isMask }) => isMask).length;
  if (masks === 0 || given === undefined || !("kind" in given) || given.kind !== "tissue") return [];
  const whose = masks === 1 ? "the labels of 1 case are" : `the labels of ${masks} cases are`;
  return [`${whose} a mask (_mask), which shows one thing and is no tissue map`];
}

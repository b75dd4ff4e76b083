import {
  classesOf,
  FREESURFER_LABELS,
  labelSpace,
  resolveLabelMap,
  type LabelMap,
  type LabelMapConfig,
} from "@fedace/ace-core/labels";

/** Different values whose voxels are counted per label image: more is no segmentation. */
const MOST_VALUES = 256;
/** Values by which makers of segmentations mark voxels that count for nothing. */
const IGNORED = new Set([255, -1]);
/** What `fedace-site` calls the maps it knows. */
export type PresetName = "tissue" | "lesion" | "freesurfer";

/** The classes of the presets: without a plan, they are all there is to resolve a label map against. */
const PRESET_CLASSES = ["background", "CSF", "GM", "WM", "lesion"];

/** How often each label value occurs, ascending by value. */
export function countLabels(data: Float32Array): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const value of data) {
    if (counts.has(value) || counts.size < MOST_VALUES) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** The preset whose values are those found, if there is one. */
export function fittingPreset(values: readonly number[]): PresetName | undefined {
  const within = (known: readonly number[]): boolean => values.every((value) => known.includes(value));
  if (values.includes(1) && within([0, 1])) return "lesion";
  if (values.some((value) => value > 1) && within([0, 1, 2, 3])) return "tissue";
  // White matter and cortex of a hemisphere, and nothing that FreeSurfer does not have.
  const hemisphere = [2, 41].some((value) => values.includes(value)) && values.some(isCortex);
  return hemisphere && within(Object.keys(FREESURFER_LABELS.values).map(Number)) ? "freesurfer" : undefined;
}

function isCortex(value: number): boolean {
  return value === 3 || value === 42 || (value >= 1000 && value < 3000);
}

/**
 * A label map resolved without a plan: against the classes of the presets, or against the names it mentions.
 * @throws LABEL_MAP_CONTRADICTION
 */
export function mapWithoutPlan(config: LabelMapConfig): LabelMap {
  if ("kind" in config) return resolveLabelMap(config, labelSpace(PRESET_CLASSES));
  const named = Object.values(config.values).flatMap((meaning) => (typeof meaning === "string" ? [] : meaning));
  // Another class stands for those of the plan that only `rest` would mean.
  const classes = [...new Set(["background", ...named, "others"])];
  return resolveLabelMap(config, labelSpace(classes));
}

/** Names and BIDS abbreviations in label tables, lower case, and the class they stand for. */
const KNOWN_NAMES: Readonly<Record<string, string>> = {
  csf: "CSF",
  gm: "GM",
  "gray matter": "GM",
  "grey matter": "GM",
  wm: "WM",
  "white matter": "WM",
  l: "lesion",
  lesion: "lesion",
  wmh: "lesion",
};

/**
 * Why a label map may be the wrong one although it knows every value: the archive's own table calls a value something
 * else, or values that the map gives a class of their own are in no case.
 *
 * @param found values in the usable cases
 */
export function mapDoubts(map: LabelMap, found: readonly number[], names: ReadonlyMap<number, string>): string[] {
  const single = map.values.flatMap((value, i) => {
    const [k, ...others] = classesOf(map.sets[i] ?? 0);
    return k === undefined || k === 0 || others.length > 0 ? [] : [{ value, name: map.space.classes[k] ?? "" }];
  });
  const renamed = single.flatMap(({ value, name }) => {
    const table = names.get(value);
    const known = KNOWN_NAMES[table?.toLowerCase() ?? ""];
    const same = known === undefined || known === (KNOWN_NAMES[name.toLowerCase()] ?? name);
    return same ? [] : [`the archive's dseg.tsv calls ${value} "${table ?? ""}", the label map ${name}`];
  });
  const shown = new Set(single.filter(({ value }) => found.includes(value)).map(({ name }) => name));
  const absent = single.filter(({ name }) => !shown.has(name)).map(({ value, name }) => `${value} (${name})`);
  return [...renamed, ...(absent.length === 0 ? [] : [`no case has ${absent.join(", ")}`])];
}

/** The presets as they are written. */
const PRESET_MEANINGS: Readonly<Record<"tissue" | "lesion", Readonly<Record<number, string>>>> = {
  tissue: { 0: "[background]", 1: "[CSF]", 2: "[GM]", 3: "[WM]" },
  lesion: { 0: "rest", 1: "[lesion]" },
};

/**
 * A label map to begin with, as YAML, for values that no preset knows.
 *
 * @param not the preset that has these values, but is not what they mean: then they are kinds of the other's
 */
export function suggestedMap(
  values: readonly number[],
  names: ReadonlyMap<number, string>,
  not?: "tissue" | "lesion",
): string {
  const counting = values.filter((value) => !IGNORED.has(value));
  const preset = not === undefined ? fittingPreset(counting) : undefined;
  const known = preset === "tissue" || preset === "lesion" ? PRESET_MEANINGS[preset] : undefined;
  const meaning = (value: number): string => {
    if (IGNORED.has(value)) return "ignore";
    const name = names.get(value);
    if (name !== undefined && value !== 0) return `[${name}]`;
    return known?.[value] ?? (value === 0 ? "rest" : not === "tissue" ? "[lesion]" : "[CLASS]");
  };
  return ["values:", ...values.map((value) => `  "${value}": ${meaning(value)}`)].join("\n");
}

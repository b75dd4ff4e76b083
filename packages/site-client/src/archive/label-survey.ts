import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { classesOf, labelSpace, resolveLabelMap, type LabelMap, type LabelMapConfig } from "@fedace/ace-core/labels";

/** Different values whose voxels are counted per label image: more is no segmentation. */
const MOST_VALUES = 256;
/** A label table longer than this is not read. */
const TABLE_BYTES = 2 ** 16;

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
export function fittingPreset(values: readonly number[]): "tissue" | "lesion" | undefined {
  const within = (known: readonly number[]): boolean => values.every((value) => known.includes(value));
  if (values.includes(1) && within([0, 1])) return "lesion";
  return values.some((value) => value > 1) && within([0, 1, 2, 3]) ? "tissue" : undefined;
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
  const absent = single.filter(({ value }) => !found.includes(value)).map(({ value, name }) => `${value} (${name})`);
  return [...renamed, ...(absent.length === 0 ? [] : [`no case has ${absent.join(", ")}`])];
}

/** A label map to begin with, as YAML, for values that no preset knows. */
export function suggestedMap(values: readonly number[], names: ReadonlyMap<number, string>): string {
  const meaning = (value: number): string => {
    if (value === 0) return "rest";
    return `[${names.get(value) ?? "CLASS"}]`;
  };
  return ["values:", ...values.map((value) => `  "${value}": ${meaning(value)}`)].join("\n");
}

/** The names of label values in `derivatives` / `*` / `dseg.tsv`, the first table that names a value counts. */
export async function labelNames(dir: string): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const pipelines = await readdir(join(dir, "derivatives")).catch(() => []);
  for (const pipeline of pipelines.sort()) {
    const [head = "", ...rows] = (await readTable(join(dir, "derivatives", pipeline, "dseg.tsv"))).split(/\r?\n/);
    const columns = head.split("\t");
    const [index, name] = [columns.indexOf("index"), columns.indexOf("name")];
    if (index < 0 || name < 0) continue;
    for (const row of rows) {
      const cells = row.split("\t");
      const value = Number(cells[index]);
      const text = cells[name] ?? "";
      if (Number.isInteger(value) && text !== "" && !names.has(value)) names.set(value, text);
    }
  }
  return names;
}

/** The beginning of a text file; nothing where it cannot be read. */
async function readTable(path: string): Promise<string> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(TABLE_BYTES), 0, TABLE_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await handle.close();
  }
}

import { coreError, deepFreeze } from "../foundation/index.js";
import { presetValues } from "./presets.js";
import { MAX_LABEL_VALUES } from "./schema.js";
import { contains, fullSet, setOf } from "./sets.js";
import type { ClassSet, LabelMap, LabelMapConfig, LabelMeaning, LabelSpace } from "./types.js";

/**
 * Resolves a label map against a plan's classes.
 *
 * Values may share a meaning (two kinds of lesion in the archive, one class in the plan). A list of all classes is
 * the same as `ignore`. Sets may overlap ({WM} and {WM, lesion}); Dice then leaves out the voxels that do not tell.
 *
 * @throws LABEL_CLASS_UNKNOWN if it names a class that the plan has not, or a preset's classes are missing.
 * @throws LABEL_MAP_CONTRADICTION if it contradicts itself or could teach nothing but background.
 */
export function resolveLabelMap(config: LabelMapConfig, space: LabelSpace): LabelMap {
  const entries = Object.entries("kind" in config ? presetValues(config.kind, space) : config.values)
    .map(([key, meaning]) => ({ value: labelValue(key), meaning }))
    .sort((a, b) => a.value - b.value);
  checkEntries(entries);
  const full = fullSet(space);
  const named = entries.map(({ value, meaning }) => (Array.isArray(meaning) ? namedSet(value, meaning, space) : 0));
  const rest = full & ~named.reduce((union, set) => union | set, 0);
  const sets = entries.map(({ value, meaning }, i) => {
    const set = meaning === "ignore" ? full : meaning === "rest" ? rest : (named[i] ?? 0);
    if (set === 0) throw contradiction(`value ${value} is \`rest\`, but every class is named by another value`);
    return set;
  });
  const foreground = sets.flatMap((set, i) => (!contains(set, 0) && sets.indexOf(set) === i ? [i] : []));
  if (foreground.length === 0) {
    throw contradiction("no value means anything but background, so there is nothing to learn from these labels");
  }
  return deepFreeze({
    space,
    values: entries.map(({ value }) => value),
    sets,
    foreground,
    annotated: space.classes.flatMap((_, k) => (annotates(sets, full, k) ? [k] : [])),
  });
}

/** Some value means class `k` alone, and no other meaning but `ignore` includes it. */
function annotates(sets: readonly ClassSet[], full: ClassSet, k: number): boolean {
  const including = sets.filter((set) => set !== full && contains(set, k));
  return including.length > 0 && including.every((set) => set === setOf(k));
}

function namedSet(value: number, names: readonly string[], space: LabelSpace): ClassSet {
  if (names.length === 0) throw contradiction(`value ${value} means no class at all`);
  return names.reduce((set, name) => {
    const k = space.classes.indexOf(name);
    if (k < 0) {
      const message = `label value ${value} means "${name}", but the plan's classes are ${space.classes.join(", ")}`;
      throw coreError("LABEL_CLASS_UNKNOWN", message, { fields: { value, class: name } });
    }
    if (contains(set, k)) throw contradiction(`value ${value} names "${name}" twice`);
    return set | setOf(k);
  }, 0);
}

/** Label images hold integers; a key that is no canonical 32-bit integer could never be found in one. */
function labelValue(key: string): number {
  const value = Number(key);
  if (!/^(0|-?[1-9]\d*)$/.test(key) || (value | 0) !== value) {
    throw contradiction(`"${key}" is not an integer that a label image can hold`);
  }
  return value;
}

function checkEntries(entries: readonly { value: number; meaning: LabelMeaning }[]): void {
  if (entries.length > MAX_LABEL_VALUES) {
    throw contradiction(`${entries.length} values, at most ${MAX_LABEL_VALUES} are possible`);
  }
  const rests = entries.filter(({ meaning }) => meaning === "rest").map(({ value }) => value);
  if (rests.length > 1) throw contradiction(`the values ${rests.join(" and ")} are both \`rest\``);
}

function contradiction(what: string): Error {
  return coreError("LABEL_MAP_CONTRADICTION", `label map: ${what}`);
}

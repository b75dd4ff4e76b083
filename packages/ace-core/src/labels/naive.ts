import { classesOf, fullSet, setOf } from "./sets.js";
import type { ClassSet, LabelMap } from "./types.js";

/**
 * What the baselines take a site's label values for: one class each. A set that includes the background is the
 * background (a lesion archive's `rest`), another one its first class; `ignore` stays ignored.
 *
 * @returns one set per value, in the order of `map.sets`.
 */
export function naiveSets(map: LabelMap): ClassSet[] {
  const full = fullSet(map.space);
  return map.sets.map((set) => (set === full ? full : setOf(classesOf(set)[0] ?? 0)));
}

import { contains, fullSet } from "./sets.js";
import type { LabelMap } from "./types.js";

/** Classes that no label value of an archive can mean, those to ignore left aside: a tissue archive's lesions. */
export function absentClasses(map: LabelMap): number[] {
  const full = fullSet(map.space);
  return map.space.classes.flatMap((_, k) => (map.sets.some((set) => set !== full && contains(set, k)) ? [] : [k]));
}

import type { ClassSet, LabelSpace } from "./types.js";

/** The set of the given class indices. */
export function setOf(...classes: readonly number[]): ClassSet {
  return classes.reduce((set, k) => set | (1 << k), 0);
}

/** The class indices of a set, ascending. */
export function classesOf(set: ClassSet): number[] {
  const classes: number[] = [];
  for (let k = 0; set >>> k !== 0; k++) if (((set >>> k) & 1) === 1) classes.push(k);
  return classes;
}

/** The set of all classes of a space: what `ignore` means. */
export function fullSet(space: LabelSpace): ClassSet {
  return 2 ** space.classes.length - 1;
}

/** Whether class `k` is in `set`. */
export function contains(set: ClassSet, k: number): boolean {
  return ((set >>> k) & 1) === 1;
}

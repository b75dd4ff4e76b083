import { classesOf, fullSet, lesionNames, setOf } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import type { Cases } from "../simulation/index.js";

/** Sites that are labelled for the same classes. */
export interface Task {
  /** What they annotate beside the background, by its index in the plan's classes. */
  readonly classes: readonly number[];
  readonly sites: readonly Cases[];
}

/** The tasks of a study, tissue first. */
export function tasksOf(sites: readonly Cases[]): Task[] {
  const groups = new Map<string, Cases[]>();
  for (const site of sites) {
    const key = foregroundOf(site.labelMap).join();
    groups.set(key, [...(groups.get(key) ?? []), site]);
  }
  const tasks = [...groups.values()].flatMap((those) => {
    const [first] = those;
    return first === undefined ? [] : [{ classes: foregroundOf(first.labelMap), sites: those }];
  });
  return tasks.sort((a, b) => Math.min(...a.classes) - Math.min(...b.classes));
}

/** What a site annotates beside the background. */
export function foregroundOf({ annotated }: LabelMap): number[] {
  return annotated.filter((k) => k > 0);
}

/** A site as a network of some classes sees it: class 0 and `kept`, in this order. All that has no name there is class 0. */
export function only({ labelMap, ...site }: Cases, kept: readonly number[]): Cases {
  const { space, sets, annotated } = labelMap;
  const now = [0, ...kept];
  const small = { classes: now.map((k) => space.classes[k] ?? "") };
  const place = (k: number): number => Math.max(0, now.indexOf(k));
  const set = (old: number): number => (old === fullSet(space) ? fullSet(small) : setOf(...classesOf(old).map(place)));
  const projected = sets.map(set);
  const map: LabelMap = {
    ...labelMap,
    space: small,
    sets: projected,
    foreground: projected.flatMap((bits, label) => ((bits & 1) === 0 ? [label] : [])),
    annotated: [...new Set([0, ...annotated.filter((k) => kept.includes(k)).map(place)])],
  };
  return { ...site, labelMap: map };
}

/** Several segmentations of one head as one: lesions over tissue, and what is found over the background. */
export function overlay(segmentations: readonly Uint8Array[], classes: readonly string[]): Uint8Array {
  const lesions = new Set(lesionNames(classes).map((name) => classes.indexOf(name)));
  const [first, ...others] = segmentations;
  const all = Uint8Array.from(first ?? []);
  for (const other of others)
    other.forEach((k, v) => {
      const here = all[v] ?? 0;
      if (lesions.has(k) || (k > 0 && !lesions.has(here))) all[v] = k;
    });
  return all;
}

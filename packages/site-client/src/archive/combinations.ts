import { LIMITS } from "@fedace/ace-core/protocol";

/** Cases that have exactly these images in order. */
export interface InputCombination {
  /** Suffixes in alphabetical order. */
  readonly inputs: readonly string[];
  readonly cases: number;
}

/**
 * Counts cases by the images they have, the commonest combination first. Beyond {@link LIMITS}, the rarest are
 * left out: a count may be too low then, never too high.
 */
export function countCombinations(cases: readonly (readonly string[])[]): readonly InputCombination[] {
  const counts = new Map<string, InputCombination>();
  for (const usable of cases) {
    if (usable.length === 0) continue;
    const inputs = [...usable].sort();
    const key = inputs.join(" ");
    counts.set(key, { inputs, cases: (counts.get(key)?.cases ?? 0) + 1 });
  }
  const ordered = [...counts].sort(([a, { cases: m }], [b, { cases: n }]) => n - m || (a < b ? -1 : 1));
  return ordered.slice(0, LIMITS.combinations).map(([, combination]) => combination);
}

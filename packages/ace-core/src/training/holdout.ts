import type { LabelMap } from "../labels/index.js";
import { countLabels } from "./positions.js";
import type { TrainingCase } from "./types.js";

/** Cases that must be left to train on. */
const FEWEST_FOR_TRAINING = 2;

/**
 * Keeps a share of the cases back to score models on, the same ones every time.
 *
 * Which ones: sorted by the volume of annotated foreground, the cases in the middle of as many equal parts as are kept
 * back (for one, the median). The score then speaks of typical cases, and those that teach most, the ones with the
 * largest lesions, stay in the training: measured on an archive of six, keeping back the largest at random cost a
 * third of the lesions' Dice.
 *
 * @param fraction share kept back, rounded to whole cases; none of fewer than 3 cases, and 2 always stay.
 */
export function splitHoldout(
  cases: readonly TrainingCase[],
  map: LabelMap,
  fraction: number,
): { readonly training: TrainingCase[]; readonly heldBack: TrainingCase[] } {
  const count = Math.min(Math.round(cases.length * fraction), Math.max(0, cases.length - FEWEST_FOR_TRAINING));
  const bySize = cases
    .map((item) => ({ item, volume: foregroundVoxels(item, map) }))
    .sort((a, b) => a.volume - b.volume || a.item.index - b.item.index);
  const kept = new Set<TrainingCase>();
  for (let part = 0; part < count; part++) {
    const middle = bySize[Math.floor(((part + 0.5) * bySize.length) / count)];
    if (middle !== undefined) kept.add(middle.item);
  }
  return { training: cases.filter((item) => !kept.has(item)), heldBack: cases.filter((item) => kept.has(item)) };
}

function foregroundVoxels(item: TrainingCase, map: LabelMap): number {
  const counts = countLabels(item.labels);
  return map.foreground.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0);
}

import type { LabelMap } from "../labels/index.js";
import { FEW_CASES } from "../protocol/index.js";
import { countLabels } from "./positions.js";
import type { TrainingCase } from "./types.js";

/** Cases that must be left to train on, of an archive that has enough. */
const FEWEST_FOR_TRAINING = 2;

/** Cases to train on in a round, and cases to score the received model on. */
interface Split {
  readonly training: TrainingCase[];
  readonly heldBack: TrainingCase[];
}

/**
 * Keeps cases back to score models on, so that every class that a site annotates is scored.
 *
 * Of {@link FEW_CASES} or more, a share: the same ones every time. Which ones: sorted by the volume of annotated
 * foreground, the cases in the middle of as many equal parts as are kept back (for one, the median). The score then
 * speaks of typical cases, and those that teach most, the ones with the largest lesions, stay in the training: measured
 * on an archive of six, keeping back the largest at random cost a third of the lesions' Dice.
 *
 * Of fewer, one that changes from round to round, because never training on a third or half of an archive costs more
 * than its score is worth; of a single case that one, which is trained on as well. Such scores are of cases that the
 * model has seen in other rounds, and are marked wherever they are shown.
 *
 * @param fraction share kept back, rounded to whole cases; one at least, but 2 always stay to be trained on; 0 keeps none
 * @param round decides which of a few cases is kept back
 */
export function splitHoldout(cases: readonly TrainingCase[], map: LabelMap, fraction: number, round: number): Split {
  if (fraction === 0 || cases.length === 0) return { training: [...cases], heldBack: [] };
  const bySize = cases
    .map((item) => ({ item, volume: foregroundVoxels(item, map) }))
    .sort((a, b) => a.volume - b.volume || a.item.index - b.item.index)
    .map(({ item }) => item);
  if (bySize.length === 1) return { training: [...cases], heldBack: [...cases] };
  const kept = new Set(bySize.length < FEW_CASES ? [bySize[round % bySize.length]] : middles(bySize, fraction));
  return { training: cases.filter((item) => !kept.has(item)), heldBack: cases.filter((item) => kept.has(item)) };
}

/** The cases in the middle of as many equal parts as the share is of all. */
function middles(bySize: readonly TrainingCase[], fraction: number): (TrainingCase | undefined)[] {
  const most = bySize.length - FEWEST_FOR_TRAINING;
  const count = Math.max(1, Math.min(Math.round(bySize.length * fraction), most));
  return Array.from({ length: count }, (_, part) => bySize[Math.floor(((part + 0.5) * bySize.length) / count)]);
}

function foregroundVoxels(item: TrainingCase, map: LabelMap): number {
  const counts = countLabels(item.labels);
  return map.foreground.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0);
}

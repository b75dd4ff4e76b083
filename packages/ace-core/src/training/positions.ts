import { seededRandom } from "../foundation/index.js";
import type { TrainingCase } from "./types.js";

/** Voxels remembered per label index and case: enough that a class is drawn from all over the brain, 400 kB. */
export const MAX_POSITIONS = 100_000;

const known = new WeakMap<TrainingCase, ReadonlyMap<number, Uint32Array>>();

/**
 * Where each label index is in a case: voxel numbers in memory order, at most {@link MAX_POSITIONS} of each, drawn
 * with equal probability. Depends on the case alone and is worked out once for it.
 */
export function positionsOf(item: TrainingCase): ReadonlyMap<number, Uint32Array> {
  const found = known.get(item) ?? findPositions(item, MAX_POSITIONS);
  known.set(item, found);
  return found;
}

/** {@link positionsOf} with another limit. */
export function findPositions(item: TrainingCase, limit: number): ReadonlyMap<number, Uint32Array> {
  const counts = countLabels(item.labels);
  const random = seededRandom(item.index).fork("positions");
  const lists = new Map([...counts].map(([label, count]) => [label, new Uint32Array(Math.min(count, limit))]));
  const left = new Map(counts);
  const taken = new Map<number, number>();
  for (let voxel = 0; voxel < item.labels.length; voxel++) {
    const label = item.labels[voxel] ?? 0;
    const [list, remaining, at] = [lists.get(label), left.get(label) ?? 0, taken.get(label) ?? 0];
    left.set(label, remaining - 1);
    if (list === undefined) continue;
    // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): takes each with probability wanted / remaining.
    const wanted = list.length - at;
    if (wanted < remaining && random.uniform() * remaining >= wanted) continue;
    list[at] = voxel;
    taken.set(label, at + 1);
  }
  return lists;
}

/** Number of voxels of each label index that is there, by ascending index. */
export function countLabels(labels: Uint8Array): Map<number, number> {
  const counts = new Float64Array(256);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return new Map([...counts.entries()].filter(([, count]) => count > 0));
}

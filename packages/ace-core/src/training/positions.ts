import { seededRandom } from "../foundation/index.js";
import type { TrainingCase } from "./types.js";

/** Voxels remembered per label index and case: enough that a class is drawn from all over the brain, 390 KiB. */
const MAX_POSITIONS = 100_000;

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
  for (const [label, list] of lists) {
    let remaining = counts.get(label) ?? 0;
    let wanted = list.length;
    for (let voxel = item.labels.indexOf(label); wanted > 0; voxel = item.labels.indexOf(label, voxel + 1)) {
      // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): takes each with probability wanted / remaining.
      const take = wanted === remaining || random.uniform() * remaining < wanted;
      remaining--;
      if (!take) continue;
      list[list.length - wanted] = voxel;
      wanted--;
    }
  }
  return lists;
}

/** Number of voxels of each label index that is there, by ascending index. */
export function countLabels(labels: Uint8Array): Map<number, number> {
  const counts = new Float64Array(256);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return new Map([...counts.entries()].filter(([, count]) => count > 0));
}

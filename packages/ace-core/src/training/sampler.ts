import { coreError } from "../foundation/index.js";
import type { Random } from "../foundation/index.js";
import { fullSet } from "../labels/index.js";
import type { LabelMap } from "../labels/index.js";
import type { SamplingName } from "../protocol/index.js";
import { perAxis } from "./geometry.js";
import type { Triple } from "./geometry.js";
import { positionsOf } from "./positions.js";
import type { TrainingCase } from "./types.js";

/** A box of a case: the patch to train on. */
export interface PatchChoice {
  readonly item: TrainingCase;
  /** First voxel, `[depth, height, width]`; negative where the volume is smaller than the patch. */
  readonly origin: Triple;
}

/** Draws patches. */
export type Sampler = (random: Random) => PatchChoice;

/**
 * A sampler over the cases of one site. `by-class`: each label index that the archive holds (but those to ignore) with
 * equal probability, then one of the cases that hold it, then one of its voxels there, which lies anywhere in the
 * patch. `uniform`: any case, any place. A patch stays inside the volume; if it is larger, the volume is in its middle.
 *
 * @param patch `[depth, height, width]` in voxels.
 * @throws TRAINING_NO_CASES if there is no case, or nothing but voxels to ignore.
 */
export function patchSampler(
  cases: readonly TrainingCase[],
  map: LabelMap,
  patch: Triple,
  sampling: SamplingName,
): Sampler {
  if (cases.length === 0) throw coreError("TRAINING_NO_CASES", "there is no case to train on");
  if (sampling === "uniform") {
    return (random) => {
      const item = pick(cases, random);
      return { item, origin: perAxis((axis) => anywhere(item.size[axis], patch[axis], random)) };
    };
  }
  const holders = casesByLabel(cases, map);
  if (holders.length === 0) throw coreError("TRAINING_NO_CASES", "every voxel of every case is to be ignored");
  return (random) => {
    const { item, positions } = pick(pick(holders, random), random);
    const voxel = pick(positions, random);
    const [, height, width] = item.size;
    const at: Triple = [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
    return { item, origin: perAxis((axis) => around(at[axis], item.size[axis], patch[axis], random)) };
  };
}

interface Holder {
  readonly item: TrainingCase;
  readonly positions: Uint32Array;
}

/** For each label index in the archive that teaches something: the cases with it, and where. */
function casesByLabel(cases: readonly TrainingCase[], map: LabelMap): Holder[][] {
  const full = fullSet(map.space);
  const holders = new Map<number, Holder[]>();
  for (const item of cases) {
    for (const [label, positions] of positionsOf(item)) {
      if (map.sets[label] === full) continue;
      holders.set(label, [...(holders.get(label) ?? []), { item, positions }]);
    }
  }
  return [...holders.entries()].sort(([a], [b]) => a - b).map(([, list]) => list);
}

function pick<T>(from: ArrayLike<T>, random: Random): T {
  return from[random.integer(from.length)] as T;
}

/** A place of a patch in a volume, every one with equal probability. */
function anywhere(length: number, side: number, random: Random): number {
  return side >= length ? -Math.floor((side - length) / 2) : random.integer(length - side + 1);
}

/** A place of a patch that holds `voxel` and stays inside the volume, every one with equal probability. */
function around(voxel: number, length: number, side: number, random: Random): number {
  if (side >= length) return -Math.floor((side - length) / 2);
  const first = Math.max(0, voxel - side + 1);
  const last = Math.min(voxel, length - side);
  return first + random.integer(last - first + 1);
}

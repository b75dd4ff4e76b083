import type { tf } from "../tf.js";
import { type AceAttributes, KERNELS, type MarginalDiceAttributes } from "../ops/contracts.js";
import { DICE_TARGET, diceTargets } from "../ops/targets.js";
import type { WasmBackend } from "./backend.js";
import { type Inputs, kernel } from "./register.js";

/** Voxels of one task. */
const CHUNK_VOXELS = 4096;

/** Added to numerator and denominator of every Dice. */
const SMOOTHING = 1;

/** Classes, voxels and tasks of a logits tensor. */
function sizesOf(logits: tf.TensorInfo): { classes: number; voxels: number; tasks: number } {
  const classes = logits.shape.at(-1) ?? 1;
  const voxels = logits.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { classes, voxels, tasks: Math.ceil(voxels / CHUNK_VOXELS) };
}

function scalar(backend: WasmBackend, value: number): tf.TensorInfo {
  const { info, pointer } = backend.allocate([]);
  backend.heap.floats(pointer, 1)[0] = value;
  return info;
}

/** Runs `body` with integer tables in scratch memory, one after the other. */
function withTables<T>(backend: WasmBackend, tables: readonly (readonly number[])[], body: (at: number[]) => T): T {
  const values = tables.flat();
  return backend.scratch(values.length * 4, (pointer) => {
    backend.heap.integers(pointer, values.length).set(values);
    let offset = pointer;
    const starts = tables.map((table) => {
      const start = offset;
      offset += table.length * 4;
      return start;
    });
    return body(starts);
  });
}

function ace(
  backend: WasmBackend,
  { logits, labels }: Inputs<"logits" | "labels">,
  { sets }: AceAttributes,
): tf.TensorInfo[] {
  const { classes, voxels, tasks } = sizesOf(logits);
  const gradient = backend.allocate(logits.shape);
  const [z, l] = [backend.pointer(logits), backend.pointer(labels)];
  const perSlot = classes * 32;
  return withTables(backend, [sets], ([table = 0]) =>
    backend.scratch(tasks * 8, (losses) =>
      backend.scratch(perSlot * backend.pool.threads, (scratch) => {
        const sizes = [scratch, perSlot, voxels, classes, CHUNK_VOXELS];
        backend.pool.run("ace", tasks, [z, l, table, gradient.pointer, losses, ...sizes], [1 / voxels]);
        const sum = backend.heap.doubles(losses, tasks).reduce((total, part) => total + part, 0);
        return [scalar(backend, sum / voxels), gradient.info];
      }),
    ),
  );
}

/** Bits of a word in the tables of what labels tell. */
const WORD_BITS = 32;

/**
 * Which foreground sets each label says `target` about, as bits, in as many words as the sets need: word after word,
 * each with all labels side by side.
 */
function told(targets: Int8Array, labels: number, foregrounds: number, target: number): number[] {
  const bits = Array.from({ length: Math.ceil(foregrounds / WORD_BITS) * labels }, () => 0);
  for (const [at, said] of targets.entries()) {
    if (said !== target) continue;
    const [label, f] = [Math.floor(at / foregrounds), at % foregrounds];
    const word = Math.floor(f / WORD_BITS) * labels + label;
    bits[word] = (bits[word] ?? 0) | (1 << (f % WORD_BITS));
  }
  return bits;
}

function marginalDice(
  backend: WasmBackend,
  { logits, labels }: Inputs<"logits" | "labels">,
  { sets, foreground }: MarginalDiceAttributes,
): tf.TensorInfo[] {
  const { classes, voxels, tasks } = sizesOf(logits);
  const count = foreground.length;
  const gradient = backend.allocate(logits.shape);
  if (count === 0) {
    backend.heap.floats(gradient.pointer, voxels * classes).fill(0);
    return [scalar(backend, 0), gradient.info];
  }
  const [z, l] = [backend.pointer(logits), backend.pointer(labels)];
  const targets = diceTargets(sets, foreground);
  const inside = told(targets, sets.length, count, DICE_TARGET.inside);
  const outside = told(targets, sets.length, count, DICE_TARGET.outside);
  const scored = foreground.map((f) => sets[f] ?? 0);
  const perSlot = classes * 32 + count * 32;
  const tables = [inside, outside, scored, foreground.flatMap(() => [0, 0])];
  return withTables(backend, tables, ([insideAt = 0, outsideAt = 0, scoredAt = 0, slopesAt = 0]) =>
    backend.scratch(tasks * count * 16, (sums) =>
      backend.scratch(perSlot * backend.pool.threads, (scratch) => {
        const sizes = [scratch, perSlot, voxels, classes, count, CHUNK_VOXELS, sets.length];
        const maps = [insideAt, outsideAt, scoredAt];
        backend.pool.run("diceSums", tasks, [z, l, ...maps, gradient.pointer, sums, ...sizes]);
        const { loss, slopes } = diceOf(backend.heap.doubles(sums, tasks * count * 2), count);
        backend.heap.floats(slopesAt, count * 2).set(slopes);
        backend.pool.run("diceGrad", tasks, [gradient.pointer, l, ...maps, slopesAt, ...sizes]);
        return [scalar(backend, loss), gradient.info];
      }),
    ),
  );
}

/**
 * The loss from the tasks' sums `[task][foreground][Σ P g, Σ P + g]`, and its derivatives by a voxel's P per foreground
 * set: `[if the voxel is inside, if it is outside]`.
 */
function diceOf(sums: Float64Array, count: number): { loss: number; slopes: number[] } {
  let loss = 1;
  const slopes: number[] = [];
  for (let f = 0; f < count; f++) {
    let overlap = SMOOTHING;
    let total = SMOOTHING;
    for (let at = 2 * f; at < sums.length; at += 2 * count) {
      overlap += 2 * (sums[at] ?? 0);
      total += sums[at + 1] ?? 0;
    }
    loss -= overlap / total / count;
    const outside = overlap / (total * total * count);
    slopes.push(outside - 2 / (total * count), outside);
  }
  return { loss, slopes };
}

/** Registers the losses, which make their gradient in the same call. */
export function registerLosses(): void {
  kernel<"logits" | "labels", AceAttributes>(KERNELS.ace, ace);
  kernel<"logits" | "labels", MarginalDiceAttributes>(KERNELS.marginalDice, marginalDice);
}

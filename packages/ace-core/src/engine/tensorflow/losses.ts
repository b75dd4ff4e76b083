import type { Composite } from "../ops/composite.js";
import { KERNELS } from "../ops/contracts.js";
import type { AceAttributes, MarginalDiceAttributes } from "../ops/contracts.js";
import { DICE_TARGET, diceTargets } from "../ops/targets.js";
import { tf } from "../tf.js";
import { rows } from "./views.js";

/** Added to numerator and denominator of Dice. */
const SMOOTHING = 1;
/** Added to the logit of a class outside the set: its exponential is 0 whatever the maximum inside. */
const BARRIER = -1e30;

/**
 * The losses with their gradients; formulas in ops/contracts.ts. Everything is `[classes, voxels]` inside: along an
 * axis of a few classes libtensorflow is many times slower than along one of all voxels. What a voxel's label decides is
 * a small table, and looking it up for all voxels is a product with the labels' one-hot matrix, exact because it adds
 * only zeros (on a GPU to the ten bits of TF32): a twentieth of the time of a gather.
 */
export const LOSSES: Readonly<Record<string, Composite>> = {
  [KERNELS.ace]: (input, attributes) => {
    const { sets } = attributes as unknown as AceAttributes;
    const logits = input("logits");
    const columns = tf.transpose(rows(logits));
    const [classes, voxels] = columns.shape;
    const barrier = tf.tensor2d(membership(sets, classes, 0, BARRIER), [sets.length, classes]);
    const everything = softmax(columns, voxels);
    const allowed = softmax(tf.add(columns, perVoxel(barrier, oneHot(input("labels"), sets.length))), voxels);
    const loss = tf.mean(tf.sub(everything.logSum, allowed.logSum));
    return [loss, volumeOf(tf.sub(everything.shares, allowed.shares), logits)];
  },
  [KERNELS.marginalDice]: (input, attributes) => {
    const { sets, foreground } = attributes as unknown as MarginalDiceAttributes;
    const logits = input("logits");
    if (foreground.length === 0) return [tf.scalar(0), tf.zerosLike(logits)];
    const columns = tf.transpose(rows(logits));
    const classes = columns.shape[0];
    const { shares: probabilities } = softmax(columns);
    const labels = oneHot(input("labels"), sets.length);

    // Per label and scored set. A voxel's part in the sums depends on its label alone, so the sums of the classes'
    // probabilities over the voxels of each label are all that is needed of the volume.
    const shape: [number, number] = [sets.length, foreground.length];
    const targets = [...diceTargets(sets, foreground)];
    const table = (of: (target: number) => boolean): tf.Tensor2D =>
      tf.tensor2d(
        targets.map((t) => Number(of(t))),
        shape,
      );
    const inside = table((target) => target === DICE_TARGET.inside);
    const told = table((target) => target !== DICE_TARGET.untold);
    const scored = foreground.map((f) => sets[f] ?? 0);
    const groups = tf.tensor2d(membership(scored, classes, 1, 0), [scored.length, classes]);
    const merged = tf.matMul(tf.matMul(labels, probabilities, true, true), groups, false, true);
    const voxels = tf.reshape(tf.sum(labels, 0), [-1, 1]);

    const overlap = tf.add(tf.mul(2, tf.sum(tf.mul(merged, inside), 0)), SMOOTHING);
    const total = tf.add(tf.sum(tf.add(tf.mul(merged, told), tf.mul(voxels, inside)), 0), SMOOTHING);
    const loss = tf.sub(1, tf.mean(tf.div(overlap, total)));

    const perGroup = tf.mul(tf.square(total), scored.length);
    const slope = tf.mul(told, tf.sub(tf.div(overlap, perGroup), tf.mul(inside, tf.div(tf.mul(2, total), perGroup))));
    const weighted = tf.mul(probabilities, perVoxel(tf.matMul(slope, groups), labels));
    const gradient = tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, 0)));
    return [loss, volumeOf(gradient, logits)];
  },
};

/**
 * Softmax over the first axis and the log of its denominator, the maximum of each column subtracted.
 *
 * @param divisor of the shares, which is cheaper to take in here than afterwards
 */
function softmax(columns: tf.Tensor, divisor = 1): { shares: tf.Tensor; logSum: tf.Tensor } {
  const maximum = tf.max(columns, 0);
  const exponentials = tf.exp(tf.sub(columns, maximum));
  const sum = tf.sum(exponentials, 0);
  const shares = tf.mul(exponentials, tf.div(1 / divisor, sum));
  return { shares, logSum: tf.add(maximum, tf.log(sum)) };
}

/** One number where a class is in a set and another where it is not, `[sets, classes]` row by row. */
function membership(sets: readonly number[], classes: number, inside: number, outside: number): number[] {
  return sets.flatMap((set) => Array.from({ length: classes }, (_, k) => (((set >>> k) & 1) === 1 ? inside : outside)));
}

/** `[voxels, sets]`, 1 at each voxel's label. */
function oneHot(labels: tf.Tensor, sets: number): tf.Tensor2D {
  return tf.oneHot(tf.reshape<tf.Rank.R1>(labels, [-1]), sets, 1, 0, "float32") as tf.Tensor2D;
}

/** The row of each voxel's label in a table `[sets, classes]`, as `[classes, voxels]`. */
function perVoxel(table: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor {
  return tf.matMul(table, labels, true, true);
}

/** `[classes, voxels]` in the shape of the logits. */
function volumeOf(columns: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.transpose(columns), logits.shape);
}

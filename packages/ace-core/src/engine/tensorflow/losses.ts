import { KERNELS } from "../ops/contracts.js";
import type { AceAttributes, MarginalDiceAttributes } from "../ops/contracts.js";
import { DICE_TARGET, diceTargets } from "../ops/targets.js";
import { tf } from "../tf.js";
import { rows } from "./kernel.js";
import type { Composite } from "../ops/composite.js";

/** Added to numerator and denominator of Dice. */
const SMOOTHING = 1;

/** The losses with their gradients; formulas in ops/contracts.ts. */
export const LOSSES: Readonly<Record<string, Composite>> = {
  [KERNELS.ace]: (input, attributes) => {
    const { sets } = attributes as unknown as AceAttributes;
    const logits = input("logits");
    const flat = rows(logits);
    const voxels = flat.shape[0];
    const everything = softmax(flat);
    const inside = tf.tensor2d(membership(sets, flat.shape[1]), [sets.length, flat.shape[1]]);
    // −∞ outside the set: its exponential is 0 whatever the maximum inside.
    const barrier = tf.where(tf.greater(inside, 0), 0, Number.NEGATIVE_INFINITY);
    const allowed = softmax(tf.add(flat, perVoxel(barrier, input("labels"))));
    const loss = tf.div(tf.sum(tf.sub(everything.logSum, allowed.logSum)), voxels);
    const gradient = tf.div(tf.sub(everything.probabilities, allowed.probabilities), voxels);
    return [loss, tf.reshape(gradient, logits.shape)];
  },
  [KERNELS.marginalDice]: (input, attributes) => {
    const { sets, foreground } = attributes as unknown as MarginalDiceAttributes;
    const logits = input("logits");
    if (foreground.length === 0) return [tf.scalar(0), tf.zerosLike(logits)];
    const flat = rows(logits);
    const classes = flat.shape[1];
    const { probabilities } = softmax(flat);
    const scored = foreground.map((f) => sets[f] ?? 0);
    const groups = tf.tensor2d(membership(scored, classes), [scored.length, classes]);
    const merged = tf.matMul(probabilities, groups, false, true);

    const targets = [...diceTargets(sets, foreground)];
    const table = (of: (target: number) => boolean): tf.Tensor =>
      perVoxel(
        tf.tensor2d(
          targets.map((t) => (of(t) ? 1 : 0)),
          [sets.length, scored.length],
        ),
        input("labels"),
      );
    const inside = table((target) => target === DICE_TARGET.inside);
    const told = table((target) => target !== DICE_TARGET.untold);

    const overlap = tf.add(tf.mul(2, tf.sum(tf.mul(merged, inside), 0)), SMOOTHING);
    const total = tf.add(tf.sum(tf.add(tf.mul(merged, told), inside), 0), SMOOTHING);
    const loss = tf.sub(1, tf.mean(tf.div(overlap, total)));

    const perGroup = tf.mul(tf.square(total), scored.length);
    const slope = tf.mul(told, tf.sub(tf.div(overlap, perGroup), tf.mul(inside, tf.div(tf.mul(2, total), perGroup))));
    const toClasses = tf.matMul(slope, groups);
    const average = tf.sum(tf.mul(slope, merged), 1, true);
    return [loss, tf.reshape(tf.mul(probabilities, tf.sub(toClasses, average)), logits.shape)];
  },
};

/** Softmax over the last axis and the log of its denominator, the maximum of each row subtracted. */
function softmax(logits: tf.Tensor): { probabilities: tf.Tensor2D; logSum: tf.Tensor } {
  const maximum = tf.max(logits, 1, true);
  const exponentials = tf.exp(tf.sub(logits, maximum));
  const sum = tf.sum(exponentials, 1, true);
  return { probabilities: tf.div(exponentials, sum), logSum: tf.add(maximum, tf.log(sum)) };
}

/** 1 where a class is in a set, `[sets, classes]` row by row. */
function membership(sets: readonly number[], classes: number): number[] {
  return sets.flatMap((set) => Array.from({ length: classes }, (_, k) => (set >>> k) & 1));
}

/** The table's row of each voxel's label. */
function perVoxel(table: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.gather(table, tf.reshape<tf.Rank.R1>(labels, [-1]));
}

/** What a voxel's set says about a foreground set: inside it, outside it, or nothing. */
export const DICE_TARGET = { outside: 0, inside: 1, untold: -1 } as const;

/**
 * The targets of marginal Dice: for a label index s and the f-th foreground set, entry `s * foreground.length + f` is
 * 1 if the label's set is inside the foreground set, 0 if they share no class, −1 if the label does not tell (such a
 * voxel is left out of that foreground set's sums).
 *
 * @param sets class sets as bit masks, one per label index.
 * @param foreground label indices whose sets are scored.
 */
export function diceTargets(sets: readonly number[], foreground: readonly number[]): Int8Array {
  return Int8Array.from(
    sets.flatMap((set) =>
      foreground.map((f) => {
        const scored = sets[f] ?? 0;
        if ((set & scored) === 0) return DICE_TARGET.outside;
        return (set & ~scored) === 0 ? DICE_TARGET.inside : DICE_TARGET.untold;
      }),
    ),
  );
}

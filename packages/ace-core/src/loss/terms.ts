import { KERNELS } from "../engine/ops/index.js";
import type { LossTerm } from "../engine/ops/index.js";
import { naiveSets, setOf } from "../labels/index.js";
import type { ClassSet, LabelMap } from "../labels/index.js";
import type { LossName } from "../protocol/index.js";

/** What each loss of a plan is made of at a site with this label map: one line a loss. */
const TERMS: Readonly<Record<LossName, (map: LabelMap) => readonly LossTerm[]>> = {
  "ace-dice": (map) => [ace(map.sets), marginalDice(map.sets, map.foreground)],
  ace: (map) => [ace(map.sets)],
  ce: (map) => [ace(naiveSets(map))],
  dice: (map) => [naiveDice(map)],
};

/** What a loss is made of at a site with this label map. */
export function lossTerms(name: LossName, map: LabelMap): readonly LossTerm[] {
  return TERMS[name](map);
}

const ace = (sets: readonly ClassSet[]): LossTerm => ({ kernel: KERNELS.ace, attributes: { sets } });

const marginalDice = (sets: readonly ClassSet[], foreground: readonly number[]): LossTerm => ({
  kernel: KERNELS.marginalDice,
  attributes: { sets, foreground },
});

/**
 * Dice over every class of the model but the background, those too that this site never labels: a site without
 * lesion labels then teaches that there are none. That is the baseline of the paper.
 */
function naiveDice(map: LabelMap): LossTerm {
  const labelled = naiveSets(map);
  const classes = map.space.classes.slice(1).map((_, i) => setOf(i + 1));
  return marginalDice(
    [...labelled, ...classes],
    classes.map((_, i) => labelled.length + i),
  );
}

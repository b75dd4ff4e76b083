import { KERNELS } from "../engine/ops/index.js";
import type { LossTerm } from "../engine/ops/index.js";
import { naiveSets, setOf } from "../labels/index.js";
import type { LabelMap } from "../labels/index.js";

/**
 * The losses of a plan: adaptive cross entropy with marginal Dice (the default) or alone, and the naive baselines,
 * cross entropy and Dice that take an archive's background for background.
 */
export const LOSS_NAMES = ["ace-dice", "ace", "ce", "dice"] as const;

export type LossName = (typeof LOSS_NAMES)[number];

/** What a loss is made of at a site with this label map. */
export function lossTerms(name: LossName, map: LabelMap): readonly LossTerm[] {
  const ace: LossTerm = { kernel: KERNELS.ace, attributes: { sets: map.sets } };
  switch (name) {
    case "ace":
      return [ace];
    case "ace-dice":
      return [ace, { kernel: KERNELS.marginalDice, attributes: { sets: map.sets, foreground: map.foreground } }];
    case "ce":
      return [{ kernel: KERNELS.ace, attributes: { sets: naiveSets(map) } }];
    case "dice":
      return [naiveDice(map)];
  }
}

/**
 * Dice over every class of the model but the background, those too that this site never labels: a site without
 * lesion labels then teaches that there are none. That is the baseline of the paper.
 */
function naiveDice(map: LabelMap): LossTerm {
  const labelled = naiveSets(map);
  const classes = map.space.classes.slice(1).map((_, i) => setOf(i + 1));
  return {
    kernel: KERNELS.marginalDice,
    attributes: {
      sets: [...labelled, ...classes],
      foreground: classes.map((_, i) => labelled.length + i),
    },
  };
}

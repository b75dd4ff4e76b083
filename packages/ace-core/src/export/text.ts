import type { ModelCard } from "./card.js";

const NOT_ASSESSABLE = "–";

/** A model card for people, in Markdown. */
export function modelCardText(card: ModelCard): string {
  const { plan, model, preprocessing } = card;
  const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const foreground = card.classes.slice(1);
  const score = (value: number | null | undefined): string => value?.toFixed(3) ?? NOT_ASSESSABLE;
  const scores = card.scores.map(({ site, cases, dice }) =>
    row(site, String(cases), ...foreground.map((name) => score(dice[name]))),
  );
  const head = ["site", "held-back cases", ...foreground];
  return [
    `# ${plan.name}, round ${card.round} of ${plan.rounds}`,
    "",
    `${card.usage} Published by ${card.product} on ${card.created}, run ${card.run}.`,
    "",
    `- classes: ${card.classes.join(", ")}`,
    `- inputs: ${preprocessing.inputs.join(", ")}, resampled to ${preprocessing.spacing.join(" × ")} mm, ${preprocessing.orientation}`,
    `- normalisation: ${preprocessing.normalisation}`,
    `- network: 3D U-Net, ${model.filters} filters, ${model.levels} levels of ${model.blocks} convolutions, ${model.norm} norm (${model.groups} groups)`,
    `- training: loss ${plan.loss}, ${plan.training.optimizer}, ${plan.training.steps} steps per round, patches of ${card.patch.join(" × ")} voxels, seed ${plan.seed}`,
    `- averaging: ${plan.aggregation.strategy} by ${plan.aggregation.weighting}, head ${plan.aggregation.head}`,
    `- tensors: SHA-256 ${card.tensors}`,
    "",
    "## Sites",
    "",
    row("site", "cases", "annotated classes"),
    row("---", "---:", "---"),
    ...card.sites.map(({ name, cases, annotated }) => row(name, String(cases), annotated.join(", "))),
    "",
    "## Mean Dice on held-back cases",
    "",
    ...(scores.length === 0
      ? ["No site held cases back."]
      : [row(...head), row(...head.map((_, i) => (i === 0 ? "---" : "---:"))), ...scores]),
    "",
    `${NOT_ASSESSABLE}: the site does not annotate this class and cannot assess it.`,
    "",
  ].join("\n");
}

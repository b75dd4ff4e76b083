import { meanOverSites, metricTitle } from "../metrics/index.js";
import { REPORTED_METRICS } from "../protocol/index.js";
import type { ModelCard } from "./card.js";

const NOT_ASSESSABLE = "–";

/** A model card for people, in Markdown. */
export function modelCardText(card: ModelCard): string {
  const { plan, model, preprocessing } = card;
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
    `## Mean Dice on held-back cases, at ${preprocessing.spacing.join(" × ")} mm`,
    "",
    ...(scores.length === 0
      ? ["No site held cases back."]
      : [row(...head), row(...head.map((_, i) => (i === 0 ? "---" : "---:"))), ...scores]),
    "",
    `${NOT_ASSESSABLE}: the site does not annotate this class and cannot assess it.`,
    "",
    ...metricSections(card),
  ].join("\n");
}

/** A section for each other metric that some site scored: per site and class, and all sites by their scored cases. */
function metricSections({ classes, scores }: ModelCard): string[] {
  const foreground = classes.slice(1);
  return REPORTED_METRICS.flatMap((metric) => {
    const values = scores.map(({ site, cases, metrics }) => ({ site, cases, table: metrics?.[metric] ?? {} }));
    const assessed = foreground.filter((name) => values.some(({ table }) => table[name] !== undefined));
    if (assessed.length === 0) return [];
    const figure = (value: number | undefined): string => value?.toFixed(2) ?? NOT_ASSESSABLE;
    const mean = (name: string): string =>
      figure(meanOverSites(values.map(({ cases, table }) => ({ cases, value: table[name] }))));
    return [
      `## ${metricTitle(metric)}`,
      "",
      row("site", "held-back cases", ...assessed),
      row("---", "---:", ...assessed.map(() => "---:")),
      ...values.map(({ site, cases, table }) =>
        row(site, String(cases), ...assessed.map((name) => figure(table[name]))),
      ),
      row("all, by cases", String(values.reduce((sum, { cases }) => sum + cases, 0)), ...assessed.map(mean)),
      "",
    ];
  });
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

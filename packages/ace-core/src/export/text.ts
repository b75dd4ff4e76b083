import { METRICS, METRIC_NAMES, metricTitle } from "../metrics/index.js";
import type { MetricName, PooledFigure } from "../metrics/index.js";
import { figureIn, isWithheld, missingClasses, pooledTable } from "../protocol/index.js";
import type { ModelCard } from "./card.js";

const NOT_ASSESSABLE = "–";
const WITHHELD = "withheld";

/** A model card for people, in Markdown. */
export function modelCardText(card: ModelCard): string {
  const { plan, model, preprocessing } = card;
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
    ...(card.scores.length === 0
      ? ["No site held cases back.", ""]
      : [...figures(card, "dice", card.classes.slice(1)), ""]),
    ...missing(card),
    "In brackets: over how many cases. [from, to]: 95 % interval of the mean, by the bootstrap.",
    `${NOT_ASSESSABLE}: the site does not annotate this class and cannot assess it. ${WITHHELD}: it has too few cases to give a figure of them.`,
    "",
    ...METRIC_NAMES.filter((metric) => metric !== "dice").flatMap((metric) => section(card, metric)),
  ].join("\n");
}

/** Classes of which nobody says how well they are found. */
function missing({ classes, scores }: ModelCard): string[] {
  const { unassessed, withheld } = missingClasses(classes, scores);
  return [
    ...unassessed.map((name) => `${name} is unassessed: no site could tell how well the model finds it.`),
    ...withheld.map((name) => `${name} is withheld: the sites that could assess it have too few cases.`),
  ].flatMap((line) => [line, ""]);
}

/** A section for each other metric that some site scored: per site and class, and all sites by their scored cases. */
function section(card: ModelCard, metric: MetricName): string[] {
  const said = card.classes
    .slice(1)
    .filter((name) =>
      card.scores.some((one) => figureIn(one, metric, name) !== undefined || isWithheld(one, metric, name)),
    );
  return said.length === 0 ? [] : [`## ${metricTitle(metric)}`, "", ...figures(card, metric, said), ""];
}

function figures({ classes, scores }: ModelCard, metric: MetricName, shown: readonly string[]): string[] {
  const digits = METRICS[metric].most === 1 ? 3 : 2;
  const pooled = pooledTable(classes, scores)[metric] ?? {};
  return [
    row("site", "held-back cases", ...shown),
    row("---", "---:", ...shown.map(() => "---:")),
    ...scores.map((one) =>
      row(
        one.site,
        String(one.cases),
        ...shown.map((name) => {
          const figure = figureIn(one, metric, name);
          if (figure === undefined) return isWithheld(one, metric, name) ? WITHHELD : NOT_ASSESSABLE;
          // Of an older site it is not known over how many of its cases.
          return `${figure.mean.toFixed(digits)}${figure.deviation === undefined ? "" : ` (${figure.cases})`}`;
        }),
      ),
    ),
    row(
      "all, by cases",
      String(scores.reduce((sum, { cases }) => sum + cases, 0)),
      ...shown.map((name) => {
        const figure = pooled[name];
        if (figure !== undefined) return pooledText(figure, digits);
        return scores.some((one) => isWithheld(one, metric, name)) ? WITHHELD : NOT_ASSESSABLE;
      }),
    ),
  ];
}

function pooledText({ mean, cases, interval }: PooledFigure, digits: number): string {
  const range = interval === null ? "" : ` [${interval.map((bound) => bound.toFixed(digits)).join(", ")}]`;
  return `${mean.toFixed(digits)}${range} (${cases})`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

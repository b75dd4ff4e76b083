import { csv } from "@fedace/ace-core/host";
import { METRIC_NAMES, metricTitle } from "@fedace/ace-core/metrics";
import type { MetricName } from "@fedace/ace-core/metrics";
import { METHODS, METHOD_IDS } from "../methods.js";
import type { Comparison, Figure, Observation } from "../summary.js";

/** A table of text: the first column names the row. */
export interface TextTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Method × class of each metric of a scenario: `mean ± SD`. */
export function figureTables(figures: readonly Figure[], classes: readonly string[]): TextTable[] {
  return METRIC_NAMES.flatMap((metric) => {
    const those = figures.filter((figure) => figure.metric === metric);
    const shown = classes.filter((name) => those.some((figure) => figure.class === name));
    if (shown.length === 0) return [];
    const rows = METHOD_IDS.filter((id) => those.some(({ method }) => method === id)).map((id) => [
      METHODS[id].title,
      ...shown.map((name) => cell(those.find((figure) => figure.method === id && figure.class === name))),
    ]);
    return [{ title: metricTitle(metric), header: ["", ...shown], rows }];
  });
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined) return "–";
  const { metric, mean, deviation } = figure;
  return deviation === null ? round(metric, mean) : `${round(metric, mean)} ± ${round(metric, deviation)}`;
}

/** Dice in three digits, mm and mL in one after the point, % in none. */
function round(metric: MetricName, value: number): string {
  const digits = metric === "volumeDifference" ? 0 : metric === "hd95" || metric === "falseVolume" ? 1 : 3;
  return value.toFixed(digits);
}

/** Pair × class: difference of Dice and p. */
export function comparisonTable(comparisons: readonly Comparison[], classes: readonly string[]): TextTable {
  const pairs = [...new Set(comparisons.map(({ first, second }) => `${first} ${second}`))];
  const rows = pairs.map((pair) => {
    const those = comparisons.filter(({ first, second }) => `${first} ${second}` === pair);
    const [any] = those;
    const name = any === undefined ? "" : `${METHODS[any.first].short} − ${METHODS[any.second].short}`;
    return [
      name,
      ...classes.map((k) => {
        const found = those.find((one) => one.class === k);
        return found === undefined ? "–" : `${signed(found.difference)} (${significance(found.p)})`;
      }),
    ];
  });
  return {
    title:
      "Difference in Dice, and p of Wilcoxon's signed-rank test over the cases (two-sided, not corrected for their number)",
    header: ["", ...classes],
    rows,
  };
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function significance(p: number | null): string {
  if (p === null) return "no difference";
  return p < 0.001 ? "p < .001" : `p ${p.toFixed(3).slice(1)}`;
}

export function markdown({ title, header, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [`**${title}**`, "", line(header), line(header.map(() => "---")), ...rows.map(line), ""].join("\n");
}

/** All figures in one table, for machines. */
export function figuresCsv(figures: readonly Figure[]): string {
  return csv(
    ["scenario", "method", "class", "metric", "mean", "sd_cases", "cases", "sd_seeds", "seeds"],
    figures.map((one) => [
      one.scenario,
      one.method,
      one.class,
      one.metric,
      one.mean,
      one.deviation ?? "",
      one.cases,
      one.seedDeviation ?? "",
      one.seeds,
    ]),
  );
}

/** Every number of every case. */
export function casesCsv(observations: readonly Observation[]): string {
  return csv(
    ["scenario", "method", "seed", "test", "case", "class", "metric", "value"],
    observations.map((one) => [
      one.scenario,
      one.method,
      one.seed,
      one.test,
      one.case,
      one.class,
      one.metric,
      one.value,
    ]),
  );
}

export function comparisonsCsv(comparisons: readonly Comparison[]): string {
  return csv(
    ["scenario", "first", "second", "class", "difference_dice", "p_wilcoxon", "cases"],
    comparisons.map((one) => [one.scenario, one.first, one.second, one.class, one.difference, one.p ?? "", one.cases]),
  );
}

import { table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import { FALSE_VOLUME_ML, metricTitle } from "@fedace/ace-core/metrics";
import type { PooledFigure } from "@fedace/ace-core/metrics";
import { figureIn, isWithheld, REPORTED_METRICS } from "@fedace/ace-core/protocol";
import type { ModelScores } from "../rounds/index.js";

/** Mean false volume of a case in mL from which on it is told: less are stray voxels. */
const SHOWN_ML = 0.05;

/** What a model sees where by the sites' labels there is nothing; no line where it is next to nothing. */
export function falseVolumeLines({ model, sites }: ModelScores): Line[] {
  const rows = sites.flatMap(({ site, metrics }) =>
    Object.entries(metrics.falseVolume ?? {}).flatMap(([name, ml]) => {
      const share = metrics.falseVolumeShare?.[name];
      const above = share === undefined ? "–" : `${Math.round(100 * share)} %`;
      return ml > SHOWN_ML ? [[name, site, ml.toFixed(2), above]] : [];
    }),
  );
  if (rows.length === 0) return [];
  return [
    "",
    `volume seen where there is none (after round ${model})`,
    table(["class", "site", "mL per case", `cases above ${FALSE_VOLUME_ML} mL`], rows, { indent: 2 }),
  ];
}

/** The Dice of the labels that `predict` writes, on the scans' own voxels: of final models alone. */
export function scanDiceLines({ pooled }: ModelScores): Line[] {
  const values = Object.entries(pooled.scanDice ?? {});
  if (values.length === 0) return [];
  const figures = values.map(([name, figure]) => `${name} ${figureText(figure, 3)}`);
  return [`  on the scans' own voxels, all sites by cases: ${figures.join(", ")}`];
}

/** Shown where a site has too few cases to give a figure of them. */
export const WITHHELD = "withheld";

/** `0.812 [0.744, 0.880] (12)`: the mean, its 95 % interval where it is known, the cases. */
export function figureText({ mean, cases, interval }: PooledFigure, digits: number): string {
  return `${mean.toFixed(digits)}${rangeText(interval, digits, " ")} (${cases})`;
}

function rangeText(interval: PooledFigure["interval"], digits: number, before = ""): string {
  return interval === null ? "" : `${before}[${interval.map((bound) => bound.toFixed(digits)).join(", ")}]`;
}

/** Every metric of a model but Dice, by class and site. */
export function metricLines({ model, sites, pooled }: ModelScores): Line[] {
  const lines = REPORTED_METRICS.flatMap((metric) => {
    const names = new Set([
      ...Object.keys(pooled[metric] ?? {}),
      ...sites.flatMap(({ withheld }) => withheld[metric] ?? []),
    ]);
    if (names.size === 0) return [];
    const rows = [...names].flatMap((name) => {
      const all = pooled[metric]?.[name];
      return [
        ...sites.flatMap((one) => {
          if (isWithheld(one, metric, name)) return [[name, one.site, WITHHELD, "", ""]];
          const own = figureIn(one, metric, name);
          if (own === undefined) return [];
          return [[name, one.site, own.mean.toFixed(2), own.deviation === undefined ? "" : String(own.cases), ""]];
        }),
        ...(all === undefined
          ? []
          : [[name, "all, by cases", all.mean.toFixed(2), String(all.cases), rangeText(all.interval, 2)]]),
      ];
    });
    return ["", metricTitle(metric), table(["class", "site", "mean", "cases", "95 % interval"], rows, { indent: 2 })];
  });
  return lines.length === 0 ? [] : ["", `metrics after round ${model}`, ...lines.slice(1)];
}

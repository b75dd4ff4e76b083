import { table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import { FALSE_VOLUME_ML, metricTitle } from "@fedace/ace-core/metrics";
import { REPORTED_METRICS } from "@fedace/ace-core/protocol";
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
export function scanDiceLines({ metrics }: ModelScores): Line[] {
  const values = Object.entries(metrics.scanDice ?? {});
  if (values.length === 0) return [];
  const figures = values.map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return [`  on the scans' own voxels, all sites by cases: ${figures.join(", ")}`];
}

/** Every metric of a model but Dice, by class and site. */
export function metricLines({ model, sites, metrics }: ModelScores): Line[] {
  const lines = REPORTED_METRICS.flatMap((metric) => {
    const pooled = Object.entries(metrics[metric] ?? {});
    if (pooled.length === 0) return [];
    const rows = pooled.flatMap(([name, value]) => [
      ...sites.flatMap((one) => {
        const own = one.metrics[metric]?.[name];
        return own === undefined ? [] : [[name, one.site, own.toFixed(2)]];
      }),
      [name, "all, by cases", value.toFixed(2)],
    ]);
    return ["", metricTitle(metric), table(["class", "site", "mean"], rows, { indent: 2 })];
  });
  return lines.length === 0 ? [] : ["", `metrics after round ${model}`, ...lines.slice(1)];
}

import { parse, View } from "vega";
import { compile } from "vega-lite";
import type { TopLevelSpec } from "vega-lite";
import { METHODS, METHOD_IDS } from "../methods.js";
import type { MethodId } from "../methods.js";
import type { Figure, Observation } from "../summary.js";

const LOOK = {
  background: "white",
  config: {
    font: "system-ui, sans-serif",
    axis: { labelFontSize: 11, titleFontSize: 11, labelLimit: 220, gridColor: "#e8e8e8" },
    header: { labelFontSize: 12, labelFontWeight: "bold", title: null },
    legend: { labelFontSize: 11, titleFontSize: 11, labelLimit: 240 },
    view: { stroke: "#d0d0d0" },
  },
} as const;

/** In the order of the report. */
function ordered(there: ReadonlySet<MethodId>): MethodId[] {
  return METHOD_IDS.filter((id) => there.has(id));
}

/** Dice of each case (mean over the seeds), per class and method. */
export function diceChart(observations: readonly Observation[], classes: readonly string[]): Promise<string> {
  const dice = observations.filter(({ metric }) => metric === "dice");
  const methods = ordered(new Set(dice.map(({ method }) => method)));
  const values = dice.map(({ method, class: name, value, test, case: number }) => {
    return { method: METHODS[method].short, class: name, value, head: `${test} ${number}` };
  });
  return svg({
    ...LOOK,
    data: { values },
    transform: [{ aggregate: [{ op: "mean", field: "value", as: "dice" }], groupby: ["method", "class", "head"] }],
    facet: { column: { field: "class", sort: [...classes], header: { title: null } } },
    spec: {
      width: 150,
      height: 22 * methods.length,
      mark: { type: "boxplot", extent: "min-max", size: 12 },
      encoding: {
        x: { field: "dice", type: "quantitative", scale: { domain: [0, 1] }, title: "Dice" },
        y: { field: "method", type: "nominal", sort: methods.map((id) => METHODS[id].short), title: null },
        color: { field: "method", type: "nominal", legend: null, scale: scale(methods) },
      },
    },
  });
}

/** A point of a federated method's curve. */
export interface RoundPoint {
  readonly method: MethodId;
  readonly round: number;
  readonly class: string;
  /** Mean over the seeds. */
  readonly dice: number;
}

/** Dice after the rounds of the federated methods; dashed, what the same loss gives on pooled data in the end. */
export function roundsChart(
  points: readonly RoundPoint[],
  pooled: readonly Figure[],
  classes: readonly string[],
): Promise<string> {
  const methods = ordered(new Set(points.map(({ method }) => method)));
  const ends = methods.flatMap((id) => {
    const twin = pooledTwin(id);
    return pooled
      .filter(({ method, metric }) => method === twin && metric === "dice")
      .map(({ class: name, mean }) => ({ method: METHODS[id].short, class: name, dice: mean }));
  });
  const y = { field: "dice", type: "quantitative", scale: { domain: [0, 1] }, title: "Dice" } as const;
  const color = { field: "class", type: "nominal", sort: [...classes], title: null } as const;
  const values = [
    ...points.map(({ method, round, class: name, dice }) => ({
      method: METHODS[method].short,
      round,
      class: name,
      dice,
    })),
    ...ends.map((end) => ({ ...end, end: true })),
  ];
  return svg({
    ...LOOK,
    data: { values },
    facet: {
      column: { field: "method", sort: methods.map((id) => METHODS[id].short), header: { title: null } },
    },
    spec: {
      width: 230,
      height: 200,
      layer: [
        {
          transform: [{ filter: "!datum.end" }],
          mark: { type: "line", point: true },
          encoding: { x: { field: "round", type: "quantitative", title: "round" }, y, color },
        },
        {
          transform: [{ filter: "datum.end" }],
          mark: { type: "rule", strokeDash: [4, 3] },
          encoding: { y, color },
        },
      ],
    },
  });
}

/** Mean Dice with its standard deviation over the cases: the same loss on pooled data and between the sites. */
export function pooledChart(figures: readonly Figure[], classes: readonly string[]): Promise<string> {
  const federated = METHOD_IDS.filter((id) => METHODS[id].way === "federated");
  const values = federated.flatMap((id) =>
    ([id, pooledTwin(id)] as const).flatMap((method) =>
      figures
        .filter((figure) => figure.method === method && figure.metric === "dice")
        .map(({ class: name, mean, deviation }) => ({
          loss: METHODS[pooledTwin(id)].short,
          way: method === id ? "federated" : "pooled",
          class: name,
          dice: mean,
          low: Math.max(0, mean - (deviation ?? 0)),
          high: Math.min(1, mean + (deviation ?? 0)),
        })),
    ),
  );
  const x = { field: "class", type: "nominal", sort: [...classes], title: null, axis: { labelAngle: 0 } } as const;
  const xOffset = { field: "way", type: "nominal", sort: ["pooled", "federated"] } as const;
  return svg({
    ...LOOK,
    data: { values },
    facet: {
      column: { field: "loss", sort: federated.map((id) => METHODS[pooledTwin(id)].short), header: { title: null } },
    },
    spec: {
      width: 260,
      height: 200,
      layer: [
        {
          mark: "bar",
          encoding: {
            x,
            xOffset,
            y: { field: "dice", type: "quantitative", scale: { domain: [0, 1] }, title: "Dice" },
            color: {
              field: "way",
              type: "nominal",
              sort: ["pooled", "federated"],
              title: null,
              scale: { domain: ["pooled", "federated"], range: ["#9db7d5", "#1f5fa8"] },
            },
          },
        },
        {
          mark: "rule",
          encoding: {
            x,
            xOffset,
            y: { field: "low", type: "quantitative", title: "Dice" },
            y2: { field: "high" },
          },
        },
      ],
    },
  });
}

/** The method that trains by the same loss on all archives in one place. */
function pooledTwin(id: MethodId): MethodId {
  const { loss } = METHODS[id];
  const twin = METHOD_IDS.find((other) => METHODS[other].way === "pooled" && METHODS[other].loss === loss);
  return twin ?? id;
}

/** The baselines grey, ACE blue, federated ones darker. */
function scale(methods: readonly MethodId[]): { domain: string[]; range: string[] } {
  const colours = { tasks: "#8c8c8c", alone: "#b58b4c", pooled: "#9db7d5", federated: "#1f5fa8" } as const;
  return {
    domain: methods.map((id) => METHODS[id].short),
    range: methods.map((id) => colours[METHODS[id].way]),
  };
}

async function svg(spec: object): Promise<string> {
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

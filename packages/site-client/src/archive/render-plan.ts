import { mebibytes, table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import type { CheckReport } from "./check.js";
import type { Spacing } from "./grid.js";
import type { PlanReport } from "./plan-check.js";

const HERE = {
  taught: "taught",
  mixed: "not told apart: its values may mean other classes too",
  absent: "not there, by these labels: what a model sees of it counts as false",
} as const;

/** What a plan makes of an archive, for the report of `check`. */
export function planLines(report: CheckReport, plan: PlanReport): readonly Line[] {
  const { usable, skipped, spacing, memory } = report;
  const found = usable.length + skipped.length;
  const images = plan.inputs.join(" and ");
  const asks = plan.mayLack ? `${images}, of which a case may lack some` : images;
  const apart = plan.mayLack ? plan.cases.map(({ inputs, cases }) => `${cases} with ${inputs.join(" and ")}`) : [];
  return [
    `${usable.length} of ${found} cases can be used: it asks for ${asks}${apart.length === 0 ? "" : `; ${apart.join(", ")}`}`,
    ...(usable.length === 0 ? [] : [`voxels of ${voxels(usable)} mm become ${size(spacing)} mm`]),
    ...memoryLines(memory, plan),
    ...classLines(plan),
  ];
}

function memoryLines(cases: number, { stepBytes, freeBytes }: PlanReport): readonly string[] {
  const needed = `memory: about ${mebibytes(stepBytes)} for a training step, ${mebibytes(cases)} for all cases`;
  return stepBytes + cases <= freeBytes
    ? [`${needed}; ${mebibytes(freeBytes)} are free`]
    : [
        `${needed}, and only ${mebibytes(freeBytes)} are free: free some, or ask the operator for a smaller patch or batch`,
      ];
}

function classLines({ classes }: PlanReport): readonly Line[] {
  if (classes === null) return ["--kind or --labels shows what these labels teach of its classes"];
  const rows = classes.map(({ name, values, here }) => [name, values.join(", "), HERE[here]]);
  return ["", table(["class", "label values", "here"], rows, { indent: 2 })];
}

/** The finest and the coarsest voxels of the cases, by their volume. */
function voxels(cases: CheckReport["usable"]): string {
  const volume = ({ spacing: [a, b, c] }: CheckReport["usable"][number]): number => a * b * c;
  const sorted = [...cases].sort((a, b) => volume(a) - volume(b));
  const ends = [sorted[0], sorted.at(-1)].flatMap((one) => (one === undefined ? [] : [size(one.spacing)]));
  return [...new Set(ends)].join(" to ");
}

function size(spacing: Spacing): string {
  return spacing.map((mm) => Number(mm.toFixed(2))).join(" × ");
}

import { table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import type { OddVolume, Overview } from "../rounds/index.js";

/** Shown where a site does not annotate a class, or its volume is not known yet. */
const NONE = "–";

/** Each site's label map and mean volumes beside the others'. */
export function labelLines({ run, volumes }: Overview): Line[] {
  if (volumes.length === 0) return [];
  const foreground = run.plan.classes.slice(1);
  const rows = volumes.map(({ site, labels, millilitres }) => [
    site,
    labelsText(labels),
    ...foreground.map((name) => (millilitres?.[name] === undefined ? NONE : ml(millilitres[name]))),
  ]);
  return [
    "",
    "labels of each site, and mL of each class in its mean case",
    table(["site", "labels", ...foreground], rows, { indent: 2 }),
  ];
}

/** A label map on one line: `0 rest, 1 CSF, 3 WM or lesion`. */
function labelsText(labels: LabelMapConfig): string {
  if ("kind" in labels) return labels.kind;
  return Object.entries(labels.values)
    .map(([value, meaning]) => `${value} ${typeof meaning === "string" ? meaning : meaning.join(" or ")}`)
    .join(", ");
}

/** Whom to ask about what. */
export function oddLine({ site, class: name, millilitres, why, usual: [least, most] }: OddVolume): string {
  const own = `look at ${site}: ${ml(millilitres)} mL of ${name} in its mean case`;
  return why === "range"
    ? `${own}, where ${ml(least)} to ${ml(most)} mL are possible: its label map may be wrong`
    : `${own}, the other sites have ${ml(least)} mL: its labels may mean something else, or its cases are of another kind`;
}

function ml(value: number): string {
  return value < 10 ? value.toFixed(2).replace(/\.?0+$/, "") : value.toFixed(0);
}

import { table, textLines } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import type { CheckedCase } from "./check-case.js";
import type { PlanReport } from "./plan-check.js";
import { planLines } from "./render-plan.js";
import type { CheckReport } from "./check.js";

const MIB = 2 ** 20;

/**
 * The report of {@link checkArchive} as text: first the verdict, then the tables, and last, where the eye is when the
 * text has run through a terminal, what keeps cases out and what to do about it.
 *
 * @param width columns of the screen; undefined for lines as long as they are
 * @param plan the archive held against a plan, where there is one
 */
export function renderCheck(report: CheckReport, width?: number, plan?: PlanReport): string {
  const found = report.usable.length + report.skipped.length;
  const lines = [
    verdict(report),
    ...section("Cases", caseTable(report.usable)),
    ...section("Labels", labelTable(report)),
    ...section("Memory", memoryLines(report)),
    ...(plan === undefined ? [] : section(`Plan ${plan.name}`, planLines(report, plan))),
    ...section("Worth knowing", [...leftOutLines(report), ...warningLines(report.usable)]),
    ...section("Files that are not used", strayLines(report)),
    ...section(`Cannot be used: ${report.skipped.length} of ${found}`, skippedLines(report)),
    ...section("Label map", mapLines(report)),
    "",
  ];
  return textLines(lines, width).join("\n");
}

function verdict({ archive, usable, skipped, inputs }: CheckReport): string {
  const found = usable.length + skipped.length;
  const images = inputs.length === 0 ? "no images" : inputs.join(" and ");
  if (found === 0) return `${archive}: no cases. The folder has no sub-* folders.`;
  const count =
    skipped.length === 0
      ? `all ${found} ${plural(found, "case")} can be used`
      : `${usable.length} of ${found} ${plural(found, "case")} can be used`;
  return `${archive}: ${count} (${images}, labels).`;
}

function section(title: string, lines: readonly Line[]): readonly Line[] {
  const indented = lines.map((line) => (line === "" || typeof line !== "string" ? line : `  ${line}`));
  return lines.length === 0 ? [] : ["", title, ...indented];
}

/** What many cases have in common is said once: with the words of the first where only names and numbers differ. */
function skippedLines({ skipped }: CheckReport): readonly string[] {
  const alike = new Map<string, [CheckReport["skipped"][number], ...CheckReport["skipped"][number][]]>();
  for (const one of skipped) {
    const { name, code, reason, remedy } = one;
    const key = [code, reason.replaceAll(name, "").replaceAll(/\d+/g, "#"), remedy].join("\n");
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [one]);
    else group.push(one);
  }
  return [...alike.values()].flatMap(([first, ...others]) => [
    `${[first, ...others].map(({ name }) => name).join(", ")}  ${first.code}`,
    `  ${first.reason}${others.length === 0 ? "" : `; the ${others.length === 1 ? "other" : "others"} likewise`}`,
    `  → ${first.remedy}`,
  ]);
}

/** Images that only some cases have: whoever thinks they are in use is to know. */
function leftOutLines({ leftOut, inputs, usable, skipped }: CheckReport): readonly string[] {
  const found = usable.length + skipped.length;
  return leftOut.map(({ suffix, cases }) => {
    const flag = `--inputs ${[...inputs, suffix].join(",")}`;
    return `${suffix} is not used: ${cases} of ${found} ${plural(found, "case")} ${cases === 1 ? "has" : "have"} it (${flag} asks for it)`;
  });
}

function strayLines({ strays }: CheckReport): readonly string[] {
  return strays.map(({ name, why }) => `${name} ${why}`);
}

/** The same warning of many cases is said once. */
function warningLines(cases: readonly CheckedCase[]): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const { name, warnings } of cases) {
    for (const text of warnings) byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  return [...byText].map(([text, names]) => {
    const who = names.length === cases.length && names.length > 1 ? "every case" : names.join(", ");
    return `${who}: ${text}`;
  });
}

function caseTable(cases: readonly CheckedCase[]): readonly Line[] {
  if (cases.length === 0) return [];
  const rows = cases.map((c) => [
    c.name,
    c.size.join(" × "),
    c.spacing.map(millimetres).join(" × "),
    c.orientation,
    c.brain,
    c.labels.map(({ value, millilitres }) => `${value}: ${volume(millilitres)}`).join("  "),
  ]);
  return [table(["case", "voxels", "mm", "axes", "brain", "labels, mL"], rows, { indent: 2 })];
}

function labelTable({ labels }: CheckReport): readonly Line[] {
  if (labels.length === 0) return [];
  const lesions = labels.some(({ smallestRegion }) => smallestRegion !== undefined);
  const rows = labels.map(({ value, name = "", cases, voxels, millilitres, smallestRegion }) => [
    String(value),
    name,
    String(cases),
    String(voxels),
    volume(millilitres),
    ...(lesions ? [smallestRegion === undefined ? "" : volume(smallestRegion)] : []),
  ]);
  const head = ["value", "name", "cases", "voxels", "mL", ...(lesions ? ["99 % in regions from, mL"] : [])];
  return [table(head, rows, { numbers: [0, 2, 3, 4, 5], indent: 2 })];
}

function mapLines({ labelMap, usable, skipped }: CheckReport): readonly string[] {
  const { given, fits, doubts, suggestion } = labelMap;
  if (given !== undefined) {
    const wrong = skipped.filter(({ code }) => code === "LABEL_VALUE_UNMAPPED").length;
    const what = given === "values" ? "the given map" : `--kind ${given}`;
    const better = wrong > 0 && fits !== undefined && fits !== given ? [`--kind ${fits} fits.`] : [];
    if (wrong > 0) {
      const first = `${what} does not know values of ${wrong} ${plural(wrong, "case")}, see above.`;
      return [first, ...better, ...suggestionLines("A map that knows them", suggestion)];
    }
    if (doubts !== undefined) {
      const other = fits === undefined || fits === given ? "" : ` Did you mean --kind ${fits}?`;
      const first = `${what} knows every value, but may be the wrong one.${other}`;
      return [first, ...doubts.map((text) => `  ${text}`), ...suggestionLines("Another map", suggestion)];
    }
    return usable.length === 0 ? [] : [`${what} fits.`];
  }
  if (fits !== undefined) return [`--kind ${fits} fits.`];
  return suggestionLines("No preset fits. A map", suggestion);
}

function suggestionLines(what: string, suggestion: string | undefined): readonly string[] {
  if (suggestion === undefined) return [];
  const how = `${what}, to be completed, written into a file and named with --labels:`;
  return [how, ...suggestion.split("\n").map((line) => `  ${line}`)];
}

function memoryLines({ usable, memory, spacing }: CheckReport): readonly string[] {
  if (usable.length === 0) return [];
  return [`about ${Math.ceil(memory / MIB)} MiB for all cases at ${spacing.map(millimetres).join(" × ")} mm`];
}

function millimetres(mm: number): string {
  return String(Number(mm.toFixed(2)));
}

function volume(ml: number): string {
  return ml < 10 ? ml.toFixed(2) : ml.toFixed(0);
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}

import type { CheckedCase } from "./check-case.js";
import type { CheckReport } from "./check.js";

const MIB = 2 ** 20;

/**
 * The report of {@link checkArchive} as text: first the verdict, then the tables, and last, where the eye is when the
 * text has run through a terminal, what keeps cases out and what to do about it.
 */
export function renderCheck(report: CheckReport): string {
  const found = report.usable.length + report.skipped.length;
  return [
    verdict(report),
    ...section("Cases", caseTable(report.usable)),
    ...section("Labels", labelTable(report)),
    ...section("Memory", memoryLines(report)),
    ...section("Worth knowing", [...leftOutLines(report), ...warningLines(report.usable)]),
    ...section("Files that are not used", strayLines(report)),
    ...section(`Cannot be used: ${report.skipped.length} of ${found}`, skippedLines(report)),
    ...section("Label map", mapLines(report)),
    "",
  ].join("\n");
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

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => (line === "" ? "" : `  ${line}`))];
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

function caseTable(cases: readonly CheckedCase[]): readonly string[] {
  if (cases.length === 0) return [];
  const rows = cases.map((c) => [
    c.name,
    c.size.join(" × "),
    c.spacing.map(millimetres).join(" × "),
    c.orientation,
    c.brain,
    c.labels.map(({ value, millilitres }) => `${value}: ${volume(millilitres)}`).join("  "),
  ]);
  return columns(["case", "voxels", "mm", "axes", "brain", "labels, mL"], rows, []);
}

function labelTable({ labels }: CheckReport): readonly string[] {
  if (labels.length === 0) return [];
  const rows = labels.map(({ value, name = "", cases, voxels, millilitres }) => [
    String(value),
    name,
    String(cases),
    String(voxels),
    volume(millilitres),
  ]);
  return columns(["value", "name", "cases", "voxels", "mL"], rows, [0, 2, 3, 4]);
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
      return [`${what} knows every value, but may be the wrong one.${other}`, ...doubts.map((text) => `  ${text}`)];
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

/** Lines up columns; those listed in `right` to the right. */
function columns(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => (right.includes(c) ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0)))
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line);
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

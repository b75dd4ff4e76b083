import { markdown } from "./tables.js";
import type { TextTable } from "./tables.js";
import type { Claim } from "./claims.js";

/** What is said of one scenario. */
export interface Section {
  readonly title: string;
  /** How it was trained and tested, one line each. */
  readonly about: readonly string[];
  readonly claims: readonly Claim[];
  readonly tables: readonly TextTable[];
  /** SVG, with what it shows. */
  readonly charts: readonly { readonly caption: string; readonly svg: string }[];
  /** PNG, with what it shows. */
  readonly pictures: readonly { readonly caption: string; readonly png: Uint8Array }[];
}

/** The whole report. */
interface Report {
  readonly title: string;
  /** When, where and of which code, one line each. */
  readonly origin: readonly string[];
  readonly notes: readonly string[];
  readonly sections: readonly Section[];
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #fff; margin: 2rem auto; max-width: 1180px; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; } h2 { margin-top: 3rem; border-bottom: 2px solid #1f5fa8; } h3 { margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #e2e6ea; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1.5rem 0; overflow-x: auto; } figcaption { color: #55606c; }
img { max-width: 100%; image-rendering: auto; }
ul { padding-left: 1.2rem; } .yes { color: #1a7f37; font-weight: 600; } .no { color: #b35900; font-weight: 600; }
`;

/** One page that holds all of it: no other file is needed to read it. */
export function html({ title, origin, notes, sections }: Report): string {
  const list = (lines: readonly string[]): string =>
    `<ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ul>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escape(title)}</h1>
${list(origin)}
${sections.map((section) => sectionHtml(section, list)).join("\n")}
<h2>How to read this</h2>
${list(notes)}
</body></html>
`;
}

function sectionHtml(section: Section, list: (lines: readonly string[]) => string): string {
  const figure = (content: string, caption: string): string =>
    `<figure>${content}<figcaption>${escape(caption)}</figcaption></figure>`;
  return [
    `<h2>${escape(section.title)}</h2>`,
    list(section.about),
    section.claims.length === 0
      ? ""
      : `<h3>The order of methods</h3><ul>${section.claims.map(claimHtml).join("")}</ul>`,
    ...section.charts.map(({ svg, caption }) => figure(svg, caption)),
    ...section.pictures.map(({ png, caption }) =>
      figure(
        `<img alt="${escape(caption)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`,
        caption,
      ),
    ),
    "<h3>Figures</h3>",
    ...section.tables.map(tableHtml),
  ].join("\n");
}

function claimHtml({ text, found, holds }: Claim): string {
  const verdict = `<span class="${holds ? "yes" : "no"}">${holds ? "yes" : "no"}</span>`;
  return `<li>${escape(text)}: ${verdict} (${escape(found)})</li>`;
}

function tableHtml({ title, header, rows }: TextTable): string {
  const row = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<table><caption>${escape(title)}</caption><thead>${row(header, "th")}</thead><tbody>${rows
    .map((cells) => row(cells, "td"))
    .join("")}</tbody></table>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The same in Markdown, charts and pictures as files beside it. */
export function markdownReport(
  { title, origin, notes, sections }: Report,
  fileOf: (section: number, kind: "chart" | "picture", n: number) => string,
): string {
  const list = (lines: readonly string[]): string => `${lines.map((line) => `- ${line}`).join("\n")}\n`;
  return [
    `# ${title}\n`,
    list(origin),
    ...sections.flatMap((section, s) => [
      `## ${section.title}\n`,
      list(section.about),
      list(section.claims.map(({ text, found, holds }) => `${text}: **${holds ? "yes" : "no"}** (${found})`)),
      ...section.charts.map(({ caption }, n) => `![${caption}](${fileOf(s, "chart", n)})\n`),
      ...section.pictures.map(({ caption }, n) => `![${caption}](${fileOf(s, "picture", n)})\n`),
      ...section.tables.map(markdown),
    ]),
    "## How to read this\n",
    list(notes),
  ].join("\n");
}

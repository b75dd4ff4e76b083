import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@fedace/ace-core/foundation";
import { duration, packageVersion, size, time } from "@fedace/ace-core/host";
import type { Outcome } from "../compare.js";
import { METHOD_IDS } from "../methods.js";
import type { MethodId } from "../methods.js";
import type { ReproduceOptions } from "../options.js";
import { comparisons, figures, mean } from "../summary.js";
import type { Observation } from "../summary.js";
import { diceChart, pooledChart, roundsChart } from "./charts.js";
import type { RoundPoint } from "./charts.js";
import { claims } from "./claims.js";
import { html, markdownReport } from "./page.js";
import type { Section } from "./page.js";
import { casesCsv, comparisonsCsv, comparisonTable, figuresCsv, figureTables } from "./tables.js";

const NOTES = [
  "Every method makes the same number of steps: a federated one as many at each site in all rounds as a pooled one on all archives, and as each network of Multi-UNet and of each site alone.",
  "Multi-UNet lays what its lesion network finds over what its tissue network finds. Of each site alone, a class is scored in the network of the site that is labelled for it.",
  "A table's cell is the mean over the test's heads ± their standard deviation, each head taken as its mean over the seeds. – : the labels cannot tell.",
  "All is scored on the plan's voxels. Metrics, their sources and their rules for empty masks: packages/ace-core/src/metrics/table.ts.",
  "p is of Wilcoxon's signed-rank test over the test's heads, two-sided and exact, not corrected for the number of tests. With n heads it cannot fall below 2 / 2ⁿ.",
  "Generated heads are simulated: figures on them compare methods and say nothing of patients.",
] as const;

/** Writes report.html, results.md, the CSV files and the plots. */
export async function writeReport(options: ReproduceOptions, { stages, finished }: Outcome): Promise<void> {
  const { out } = options;
  await mkdir(join(out, "plots"), { recursive: true });
  const observations: Observation[] = finished.flatMap(({ entry, scenario, method, seed }) =>
    entry.values.map((value) => ({ ...value, scenario, method, seed })),
  );
  const all = figures(observations);
  const pairs = comparisons(observations);
  const sections: Section[] = [];
  for (const { scenario, plan, sites, tests, album } of stages) {
    const { id, title } = scenario;
    const classes = plan.classes.slice(1);
    const here = all.filter((figure) => figure.scenario === id);
    const own = observations.filter((one) => one.scenario === id);
    const drawn = await album.draw(METHOD_IDS);
    const charts = [
      { caption: "Dice of the test's heads: median, quartiles and range.", svg: await diceChart(own, classes) },
      {
        caption:
          "Dice after the rounds, first heads of the test; dashed: the same loss on pooled data, after the last step.",
        svg: await roundsChart(points(finished.filter((one) => one.scenario === id)), here, classes),
      },
      { caption: "Mean Dice ± standard deviation, pooled and federated.", svg: await pooledChart(here, classes) },
    ];
    for (const [n, { svg }] of charts.entries()) await writeFile(join(out, "plots", chartName(id, n)), svg);
    sections.push({
      title,
      about: [
        `Sites: ${sites.map(({ name, cases }) => `${name}, ${cases.length} heads`).join("; ")}. Tests: ${tests.map(({ name, cases }) => `${name}, ${cases.length} heads`).join("; ")}.`,
        `Inputs ${plan.inputs.join(", ")}; ${plan.spacing.join(" × ")} mm; ${plan.rounds} rounds × ${plan.training.steps} steps of ${plan.training.batch} patches; seeds ${[...new Set(own.map(({ seed }) => seed))].join(", ")}.`,
      ],
      claims: claims(here, plan.classes),
      tables: [
        ...figureTables(here, classes),
        comparisonTable(
          pairs.filter((pair) => pair.scenario === id),
          classes,
        ),
      ],
      charts,
      pictures: drawn.map(({ test, png }) => ({
        caption: `The same slice under every method, first head of ${test}, seed 0.`,
        png,
      })),
    });
  }
  const report = {
    title: "ACE, pooled and federated: the paper's comparison",
    origin: await origin(finished),
    notes: NOTES,
    sections,
  };
  const fileOf = (section: number, kind: "chart" | "picture", n: number): string => {
    const stage = stages[section];
    const id = stage?.scenario.id ?? "";
    return `plots/${kind === "chart" ? chartName(id, n) : `${id}-slice-${stage?.tests[n]?.name ?? ""}.png`}`;
  };
  await writeFile(join(out, "report.html"), html(report));
  await writeFile(join(out, "results.md"), markdownReport(report, fileOf));
  await writeFile(join(out, "results.csv"), figuresCsv(all));
  await writeFile(join(out, "comparisons.csv"), comparisonsCsv(pairs));
  await writeFile(join(out, "cases.csv"), casesCsv(observations));
  console.log(`report   ${join(out, "report.html")}`);
  console.log(`figures  ${join(out, "results.md")}, results.csv, comparisons.csv, cases.csv, plots/`);
}

function chartName(scenario: string, n: number): string {
  return `${scenario}-${["dice", "rounds", "pooled"][n] ?? n}.svg`;
}

/** Mean over the seeds. */
function points(finished: Outcome["finished"]): RoundPoint[] {
  const found = new Map<string, { method: MethodId; round: number; class: string; dice: number[] }>();
  for (const { method, entry } of finished)
    for (const { round, dice } of entry.rounds)
      for (const [name, value] of Object.entries(dice)) {
        const key = `${method} ${round} ${name}`;
        const point = found.get(key) ?? { method, round, class: name, dice: [] };
        point.dice.push(value);
        found.set(key, point);
      }
  return [...found.values()].map(({ dice, ...point }) => ({ ...point, dice: mean(dice) }));
}

async function origin(finished: Outcome["finished"]): Promise<string[]> {
  const seconds = finished.reduce((sum, { entry }) => sum + entry.seconds, 0);
  const engines = [...new Set(finished.map(({ entry }) => entry.engine))];
  const version = packageVersion(new URL("../../../package.json", import.meta.url));
  return [
    `Made ${time(systemClock.now())} by npm run reproduce, FedACE ${version}, commit ${await commit()}.`,
    `Machine: ${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"}), ${size(totalmem())} of memory, Node ${process.versions.node}. Engine: ${engines.join("; ")}.`,
    `${finished.length} trainings and their scores took ${duration(1000 * seconds)}.`,
  ];
}

/** Of the checkout that this runs in. */
async function commit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["describe", "--always", "--dirty", "--abbrev=12"], {
      cwd: new URL(".", import.meta.url),
    });
    return stdout.trim();
  } catch {
    return "unknown (no git checkout)";
  }
}

import { access } from "node:fs/promises";
import { openEngine } from "@fedace/ace-core/engine";
import { systemClock } from "@fedace/ace-core/foundation";
import { duration, packageVersion } from "@fedace/ace-core/host";
import { parsePlan, recommend } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { splitHoldout } from "@fedace/ace-core/training";
import { loadCases } from "../simulation/index.js";
import type { Cases } from "../simulation/index.js";
import { runCell } from "./cell.js";
import { METHODS, METHOD_IDS } from "./methods.js";
import type { MethodId } from "./methods.js";
import { openNotebook } from "./notebook.js";
import type { Entry } from "./notebook.js";
import type { ReproduceOptions } from "./options.js";
import { openAlbum } from "./pictures.js";
import type { Album } from "./pictures.js";
import { scenariosOf } from "./scenarios.js";
import type { Scenario } from "./scenarios.js";
import { trainings } from "./train.js";

/** A scenario with its heads in memory. */
interface Stage {
  readonly scenario: Scenario;
  readonly plan: Plan;
  readonly sites: readonly Cases[];
  readonly tests: readonly Cases[];
  readonly album: Album;
}

/** A method, a seed and what they gave. */
interface Finished {
  readonly scenario: string;
  readonly method: MethodId;
  readonly seed: number;
  readonly entry: Entry;
}

/** All that a report is made of. */
export interface Outcome {
  readonly stages: readonly Stage[];
  readonly finished: readonly Finished[];
}

/** Trains and scores whatever is not yet in the notebook, and says how far it is. */
export async function compare(options: ReproduceOptions): Promise<Outcome> {
  const { out, quick, seeds, rounds, steps } = options;
  const scenarios = await scenariosOf(options);
  const version = packageVersion(new URL("../../package.json", import.meta.url));
  const studies = scenarios.map(({ id, study }) => ({ id, ...study }));
  const notebook = await openNotebook(out, { version, quick, seeds, rounds, steps, studies });
  const stages: Stage[] = [];
  for (const scenario of scenarios) stages.push(await prepare(options, scenario));
  const engine = await openEngine({ choice: options.engine });
  console.log(`engine ${engine.reason}`);
  const cells = stages.flatMap((stage) =>
    Array.from({ length: seeds }, (_, seed) => METHOD_IDS.map((method) => ({ stage, seed, method }))).flat(),
  );
  const work = ({ stage, method }: (typeof cells)[number]): number => trainings(METHODS[method], stage.sites);
  const pace = { work: 0, seconds: 0 };
  const finished: Finished[] = [];
  for (const [n, cell] of cells.entries()) {
    const { stage, seed, method } = cell;
    const { id } = stage.scenario;
    const name = `${id}.${method}.${seed}`;
    let entry = await notebook.read(name);
    if (entry === undefined) {
      const begin = systemClock.now();
      const { shown, ...result } = await runCell(METHODS[method], { ...stage.plan, seed }, stage.sites, stage.tests);
      const seconds = (systemClock.now() - begin) / 1000;
      if (seed === 0) await stage.album.add(method, shown);
      entry = { engine: engine.reason, seconds, ...result };
      await notebook.write(name, entry);
      pace.work += work(cell);
      pace.seconds += seconds;
      const left = cells.slice(n + 1).reduce((sum, other) => sum + work(other), 0);
      const rest = left === 0 ? "" : `; about ${duration((1000 * left * pace.seconds) / pace.work)} left`;
      const line = `${n + 1} of ${cells.length}  ${id}  seed ${seed}  ${METHODS[method].title}: ${diceLine(entry)}`;
      console.log(`${line}; ${duration(1000 * seconds)}${rest}`);
    }
    finished.push({ scenario: id, method, seed, entry });
  }
  await engine.close();
  return { stages, finished };
}

async function prepare(options: ReproduceOptions, scenario: Scenario): Promise<Stage> {
  const { id, title, study } = scenario;
  const plan = planOf(options, scenario);
  console.log(title);
  const sites: Cases[] = [];
  for (const entry of study.sites) {
    await there(entry.archive);
    const site = await loadCases(entry, plan);
    const { training } = splitHoldout(site.cases, site.labelMap, plan.training.holdout, 1);
    sites.push({ ...site, cases: training });
    console.log(`  site ${site.name}: ${training.length} heads to train on`);
  }
  const tests: Cases[] = [];
  for (const entry of study.tests) {
    await there(entry.archive);
    const test = await loadCases(entry, plan);
    tests.push(test);
    console.log(`  test ${test.name}: ${test.cases.length} heads`);
  }
  return { scenario, plan, sites, tests, album: openAlbum(options.out, id, plan, tests) };
}

function planOf({ rounds, steps }: ReproduceOptions, { id, study }: Scenario): Plan {
  const { training, ...written } = study.plan as { training?: object };
  const { plan } = recommend({
    name: id,
    ...written,
    ...(rounds === undefined ? {} : { rounds }),
    training: { holdout: 0, ...training, ...(steps === undefined ? {} : { steps }) },
  });
  return parsePlan(plan);
}

async function there(folder: string): Promise<void> {
  await access(folder);
}

function diceLine({ values }: Entry): string {
  const sums = new Map<string, number[]>();
  for (const { metric, class: name, value } of values)
    if (metric === "dice") sums.set(name, [...(sums.get(name) ?? []), value]);
  return [...sums]
    .map(([name, those]) => `${name} ${(those.reduce((sum, value) => sum + value, 0) / those.length).toFixed(3)}`)
    .join(" ");
}

import { dirname } from "node:path";
import type { Command } from "commander";
import { readYaml, size, table, time } from "@fedace/ace-core/host";
import { parsePlan, recommend } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { createRun } from "../conductor/index.js";
import { requireSiteName } from "../identity/index.js";
import { readBeginning, splitInit } from "../models/index.js";
import { applyEvent, listRuns, readOverview } from "../records/index.js";
import { describe, stateWord } from "../rounds/index.js";
import { isServed } from "../store/index.js";
import { addCommand, confirmed, NOT_SERVED, printerOf, withCoordinator, YES_OPTION } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { addExport } from "./export.js";
import { PLAN_FAULTS } from "./files.js";
import { addPrune } from "./prune.js";
import { labelLines } from "./volumes-text.js";
import { problemError } from "./problem.js";
import { judgement } from "./overview-text.js";
import { addShow } from "./show.js";

export function addRun(program: Command, context: CommandContext): void {
  const run = program.command("run").description("create, steer and watch runs");
  addCommand(run, "create <plan>", "create a run from a plan (YAML)", "fedace-coordinator run create plan.yaml")
    .option("--sites <names>", "the sites that may take part, with commas between (default: all that have joined)")
    .action((file: string, options: CommonOptions & { sites?: string }) => create(context, file, options));
  for (const [name, description] of STEERING) {
    const command = addCommand(
      run,
      `${name} <run>`,
      description,
      `fedace-coordinator run ${name} brain-joint-3f2a9c1e`,
    );
    if (name === "abort") command.option(...YES_OPTION);
    command.action((id: string, options: SteerOptions) => steer(context, name, id, options));
  }
  addCommand(run, "list", "list the runs", "fedace-coordinator run list").action((options: CommonOptions) =>
    list(context, options),
  );
  addShow(run, context);
  addExport(run, context);
  addPrune(run, context);
}

const STEERING = [
  ["start", "start a run; it begins as soon as enough sites are connected"],
  ["pause", "pause a run; what was counted stays counted"],
  ["resume", "go on with a paused run, in the same round"],
  ["abort", "end a run for good; its models stay"],
] as const;

async function create(
  context: CommandContext,
  file: string,
  options: CommonOptions & { readonly sites?: string },
): Promise<void> {
  const { rest, init } = splitInit(await readYaml(file, "The plan", PLAN_FAULTS));
  const { plan: meant, taken } = recommend(rest);
  const written = parsePlan(meant);
  const sites = options.sites?.split(",").map((name) => requireSiteName(name.trim())) ?? null;
  await withCoordinator(context, options, async (opened) => {
    const beginning = init === undefined ? undefined : await readBeginning(opened, written, init, dirname(file));
    const plan = beginning?.plan ?? written;
    const { id, model } = await createRun(opened, plan, context.clock.now(), sites, beginning?.weights);
    const view = await readOverview(opened.database, id, context.clock.now());
    const { unscored, few, shares } = view;
    printerOf(context, options).result({ run: id, init: plan.init ?? null, taken, unscored, fewCases: few, shares }, [
      `The run ${id} was created: ${extent(plan)}, ${size(model.bytes)} per model.`,
      ...(taken.length === 0 ? [] : ["Not in the plan, and taken as recommended:", ...taken.map((key) => `  ${key}`)]),
      ...(beginning?.lines ?? []),
      ...judgement(view),
      `next: fedace-coordinator run start ${id}`,
    ]);
  });
}

/** What is to be done, in a few words. */
function extent({ rounds }: Plan): string {
  return rounds === 0 ? "the sites score the model and train nothing" : `${rounds} rounds`;
}

type SteerOptions = CommonOptions & { readonly yes?: boolean };

async function steer(
  context: CommandContext,
  type: "start" | "pause" | "resume" | "abort",
  id: string,
  options: SteerOptions,
): Promise<void> {
  await withCoordinator(context, options, async ({ database, folder }) => {
    if (type === "abort") {
      const { description } = await readOverview(database, id, context.clock.now());
      if (!(await confirmed(context, options, `End the run ${id}, which is ${description}, for good?`))) return;
    }
    const now = context.clock.now();
    const { refused } = await database.transaction((sql) => applyEvent(sql, id, { type }, now));
    if (refused !== undefined) throw problemError(id, refused);
    const view = await readOverview(database, id, now);
    const { description, waitingFor, problem, odd } = view;
    if (problem !== null && type === "start") throw problemError(id, problem);
    const waiting = waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.join(", ")}`;
    printerOf(context, options).result({ run: id, state: stateWord(view.run.state), description, waitingFor, odd }, [
      `The run ${id} is ${description}${waiting}.`,
      ...(type === "start" ? [...labelLines(view), ...judgement(view)] : []),
      ...(type === "start" ? [`next: fedace-coordinator run show ${id} --watch`] : []),
      ...(view.ended || isServed(folder) ? [] : [NOT_SERVED]),
    ]);
  });
}

async function list(context: CommandContext, options: CommonOptions): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const { runs, damaged } = await listRuns(database);
    const rows = runs.map((run) => ({
      run: run.id,
      state: stateWord(run.state),
      description: describe(run.state),
      rounds: run.plan.rounds,
      created: new Date(run.createdAt).toISOString(),
    }));
    const lines = [
      table(
        ["run", "state", "rounds", "created"],
        rows.map((row, i) => [row.run, row.description, String(row.rounds), time(runs[i]?.createdAt ?? null)]),
      ),
    ];
    const broken = damaged.map(({ id, error }) => `${id} cannot be read: ${error.message}`);
    const none = ["There are no runs yet: fedace-coordinator run create PLAN.yaml"];
    printerOf(context, options).result(
      { runs: rows, damaged: damaged.map(({ id, error }) => ({ run: id, code: error.code })) },
      rows.length + broken.length === 0 ? none : [...lines, ...broken],
    );
  });
}

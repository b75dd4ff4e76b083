import { writeFileSync } from "node:fs";
import type { Assignment, Manifest } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io-client";
import type { TestContext } from "node:test";
import { TestCoordinator } from "./coordinator.js";
import { ask } from "./site.js";
import type { TestSite } from "./site.js";
import { download, manifest, nextAssignment } from "./worker.js";

/** A plan of small rounds; `changes` replace whole lines by their key. */
export function planText(changes: Readonly<Record<string, string>> = {}): string {
  const lines: Record<string, string> = {
    name: "two-sites",
    classes: "[background, CSF, GM, WM, lesion]",
    inputs: "[T1w, FLAIR]",
    spacing: "[2, 2, 2]",
    model: "{ preset: tiny }",
    // Every key that `run create` would take as recommended: these sites do not train.
    training: "{ patch: [8, 8, 8], batch: 1, steps: 1, schedule: constant, correction: off, absentPrior: 0 }",
    aggregation: "{ weighting: cases, average: { kind: none } }",
    rounds: "2",
    quorum: "{ sites: 2, deadline: 1h }",
    ...changes,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}

export async function createRun(
  coordinator: TestCoordinator,
  changes: Readonly<Record<string, string>> = {},
): Promise<string> {
  const file = coordinator.path("plan.yaml");
  writeFileSync(file, planText(changes));
  return String((await coordinator.run("run", "create", file)).json()["run"]);
}

/** A site with its connection. */
export interface Connected {
  readonly site: TestSite;
  readonly socket: Socket;
  /** The first assignment on this connection. */
  readonly assignment: Promise<Assignment>;
}

/** Connects a site and introduces it. */
export async function greet(coordinator: TestCoordinator, site: TestSite, words: Manifest): Promise<Connected> {
  const socket = await site.connect(coordinator.clock.now());
  const assignment = nextAssignment(socket);
  const answer = await ask(socket, "manifest", words);
  if (!answer.ok) throw new Error(answer.rejection.code);
  return { site, socket, assignment };
}

interface Federation {
  readonly run: string;
  readonly tissue: Connected;
  readonly lesion: Connected;
  /** The first round, of each. */
  readonly assignments: { readonly tissue: Assignment; readonly lesion: Assignment };
}

/** A tissue site and a lesion site in the first round of a run. */
export async function federation(
  coordinator: TestCoordinator,
  changes: Readonly<Record<string, string>> = {},
): Promise<Federation> {
  const tissue = await greet(coordinator, await coordinator.site("tissue"), manifest("tissue"));
  const lesion = await greet(coordinator, await coordinator.site("lesion"), manifest("lesion"));
  const run = await createRun(coordinator, changes);
  const started = await coordinator.run("run", "start", run);
  if (started.code !== 0) throw new Error(started.err);
  return { run, tissue, lesion, assignments: { tissue: await tissue.assignment, lesion: await lesion.assignment } };
}

/** A running coordinator with a federation in its first round, and the model that the tissue site starts from. */
interface Scene extends Federation {
  readonly coordinator: TestCoordinator;
  readonly assignment: Assignment;
  readonly model: Uint8Array;
}

export async function scene(test: TestContext, changes: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const coordinator = await TestCoordinator.create(test);
  await coordinator.start();
  const made = await federation(coordinator, changes);
  test.after(() => {
    made.tissue.socket.disconnect();
    made.lesion.socket.disconnect();
  });
  const assignment = made.assignments.tissue;
  return { ...made, coordinator, assignment, model: await download(made.tissue.socket, assignment) };
}

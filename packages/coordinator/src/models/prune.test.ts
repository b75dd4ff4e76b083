import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { applyEvent, insertModel, listModels, noteInvited, saveEvaluation } from "../records/index.js";
import { openCoordinator } from "../service/index.js";
import type { Opened } from "../service/index.js";
import type { Objects, ObjectRef } from "../store/index.js";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, planText } from "../testing/federation.js";
import { atScreen } from "../testing/screen.js";
import { pruneRun } from "./index.js";

/** Bytes of the objects made here; models of runs are larger. */
const BYTES = 100;

async function object({ objects }: Opened, fill: number): Promise<ObjectRef> {
  const writer = await objects.create();
  await writer.append(new Uint8Array(BYTES).fill(fill));
  return writer.commit();
}

/** A run with models of rounds 0 to 4, ended: the best is that of round 2. Each has an average and a vector of its own. */
async function ended(t: TestContext) {
  const coordinator = await TestCoordinator.create(t);
  const run = await createRun(coordinator, { classes: "[background, lesion]" });
  const opened = await openCoordinator(coordinator.data);
  t.after(() => opened.database.close());
  const { database } = opened;
  await noteInvited(database, "north", 0);
  for (const round of [1, 2, 3, 4]) {
    const [model, average, state] = await Promise.all([0, 10, 20].map((plus) => object(opened, round + plus)));
    assert.ok(model && average && state);
    await insertModel(database, run, { round, model, average, state: [state] }, 1000 * round);
    const dice = { lesion: round === 2 ? 0.9 : 0.5 };
    await saveEvaluation(database, run, round + 1, "north", { cases: 4, dice });
  }
  const end = (id: string) => database.transaction((sql) => applyEvent(sql, id, { type: "abort" }, 5000));
  await end(run);
  const there = (sha256: string): boolean => existsSync(join(coordinator.data, "objects", sha256.slice(0, 2), sha256));
  /** Rounds of which every object is there, some, or none. */
  const files = async (): Promise<string[]> =>
    (await listModels(database, run)).map(({ sha256, published, state }) => {
      const all = [sha256, published.sha256, ...state.map((vector) => vector.sha256)];
      return all.every(there) ? "whole" : all.some(there) ? "part" : "gone";
    });
  return { coordinator, run, opened, end, there, files };
}

const error = (err: string): string => (JSON.parse(err) as { error: string }).error;

test("pruning keeps the best, the latest and what another run goes on from, and says so everywhere", async (t) => {
  const { coordinator, run, opened, files } = await ended(t);
  const initial = (await listModels(opened.database, run))[0]?.bytes ?? 0;
  const other = await createRun(coordinator, { init: `{ run: ${run}, round: 0 }` });
  assert.deepEqual(await files(), ["whole", "whole", "whole", "whole", "whole"]);
  const asked = await atScreen(coordinator, "n", "run", "prune", run);
  assert.match(
    asked.asked[0] ?? "",
    /^Delete 2 models of .* stay round 0 \(.* went on from it\), round 2 \(best\), round 4/,
  );
  assert.match(asked.err, /Nothing was changed/);
  assert.deepEqual(await files(), ["whole", "whole", "whole", "whole", "whole"], "asked, and not wanted");

  const pruned = (await coordinator.run("run", "prune", run)).json();
  assert.deepEqual([pruned["pruned"], pruned["bytesFreed"]], [[1, 3], 6 * BYTES]);
  assert.deepEqual(await files(), ["whole", "gone", "whole", "gone", "whole"]);
  const { models } = (await coordinator.run("model", "list", run)).json() as { models: { pruned: string | null }[] };
  assert.deepEqual(
    models.map((model) => model.pruned !== null),
    [false, true, false, true, false],
  );
  assert.match((await atScreen(coordinator, "", "model", "list", run)).out, /^1 pruned .*\n2 best .*\n3 pruned /m);
  assert.match((await atScreen(coordinator, "", "run", "show", run)).out, /models pruned: rounds 1, 3; kept: 0, 2, 4/);
  assert.deepEqual((await coordinator.run("run", "show", run)).json()["pruned"], [1, 3]);
  const out = ["--out", coordinator.path("model")];
  assert.equal(error((await coordinator.run("model", "get", run, "--round", "3", ...out)).err), "MODEL_PRUNED");
  const { event, fields } = (await coordinator.audit()).at(-1) ?? assert.fail("no entry");
  assert.deepEqual([event, fields], ["models.pruned", { run, rounds: ["1", "3"], kept: ["0", "2", "4"] }]);

  // Whoever goes on from a pruned model is told; the figures are still there.
  writeFileSync(coordinator.path("next.yaml"), planText({ init: `{ run: ${run}, round: 3 }` }));
  assert.equal(error((await coordinator.run("run", "create", coordinator.path("next.yaml"))).err), "MODEL_PRUNED");
  assert.equal(((await coordinator.run("run", "show", run)).json()["scores"] as object[]).length, 4);

  assert.equal(error((await coordinator.run("run", "remove", run)).err), "RUN_NEEDED");
  await coordinator.run("run", "abort", other);
  assert.equal((await coordinator.run("run", "remove", other)).code, 0);
  assert.deepEqual(
    await files(),
    ["whole", "gone", "whole", "gone", "whole"],
    "the other's weights are this one's too",
  );
  const removed = (await coordinator.run("run", "remove", run)).json();
  assert.equal(removed["bytesFreed"], 6 * BYTES + initial);
  assert.equal(error((await coordinator.run("run", "show", run)).err), "RUN_NOT_FOUND");
  assert.deepEqual((await coordinator.run("run", "list")).json()["runs"], []);
  assert.deepEqual((await coordinator.audit()).at(-1), {
    ...(await coordinator.audit()).at(-1),
    event: "run.removed",
    fields: { run, state: "aborted" },
  });
  assert.equal((await coordinator.run("audit", "verify")).code, 0);
});

test("an object that another run's model is made of stays, whoever is pruned", async (t) => {
  const { coordinator, run, opened, files, there } = await ended(t);
  // A plan of the same seed begins with the same bytes.
  const twin = await createRun(coordinator, { classes: "[background, lesion]" });
  const shared = (await listModels(opened.database, twin))[0] ?? assert.fail("no model");
  const third = (await listModels(opened.database, run))[3] ?? assert.fail("no model");
  const { sha256, bytes } = third;
  await insertModel(opened.database, twin, { round: 1, model: { sha256, bytes } }, 0);
  const pruned = (await coordinator.run("run", "prune", run, "--keep", "latest")).json();
  assert.deepEqual([pruned["pruned"], pruned["bytesFreed"]], [[0, 1, 2, 3], 8 * BYTES]);
  assert.deepEqual([there(shared.sha256), there(sha256)], [true, true]);
  assert.deepEqual(await files(), ["whole", "gone", "gone", "part", "whole"], "0 and the model of 3");
});

test("of a run that goes on nothing is pruned, and of an ended one not everything by mistake", async (t) => {
  const { coordinator, run, files } = await ended(t);
  const open = await createRun(coordinator);
  for (const step of [[], ["start"], ["pause"]]) {
    if (step[0] !== undefined) await coordinator.run("run", step[0], open);
    for (const command of ["prune", "remove"])
      assert.equal(
        error((await coordinator.run("run", command, open)).err),
        "RUN_STATE",
        `${command} ${step.join("")}`,
      );
  }
  const refused = async (keep: string): Promise<string> =>
    error((await coordinator.run("run", "prune", run, "--keep", keep)).err);
  assert.equal(await refused("first"), "COMMAND_USAGE");
  assert.equal(await refused(""), "COMMAND_USAGE");
  assert.equal(await refused("latest,9"), "MODEL_NOT_FOUND");
  const unscored = await createRun(coordinator);
  await coordinator.run("run", "abort", unscored);
  assert.equal(error((await coordinator.run("run", "prune", unscored, "--keep", "best")).err), "MODEL_NOT_ASSESSED");
  assert.deepEqual(
    (await coordinator.run("run", "prune", unscored)).json()["pruned"],
    [],
    "the latest is the only one",
  );
  assert.deepEqual(await files(), ["whole", "whole", "whole", "whole", "whole"]);
});

test("pruning that was interrupted is done to its end when it is asked for again", async (t) => {
  const { coordinator, run, opened, files } = await ended(t);
  let left = 3;
  const failing: Objects = {
    ...opened.objects,
    remove: (sha256) => (left-- > 0 ? opened.objects.remove(sha256) : Promise.reject(new Error("the power went"))),
  };
  const parts = { database: opened.database, objects: failing };
  await assert.rejects(pruneRun(parts, run, ["latest"], 6000), /the power went/);
  assert.ok((await files()).includes("part"), "something is left");
  assert.match((await atScreen(coordinator, "", "run", "show", run)).out, /models pruned: rounds 0 to 3; kept: 4/);
  const again = (await coordinator.run("run", "prune", run, "--keep", "latest")).json();
  assert.deepEqual(again["pruned"], [], "noted before");
  assert.ok(Number(again["bytesFreed"]) > 0);
  assert.deepEqual(await files(), ["gone", "gone", "gone", "gone", "whole"]);
  assert.equal((await coordinator.audit()).filter(({ event }) => event === "models.pruned").length, 1);
});

import assert from "node:assert/strict";
import test from "node:test";
import { readOverview } from "../records/index.js";
import { dataFolder, openSqlite } from "../store/index.js";
import { runCommand } from "../testing/coordinator.js";
import { scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { nextAssignment, numbers, trained, upload } from "../testing/worker.js";
import { progressLine } from "./overview-text.js";

/** Dice of a model per round in which it was sent out: the second average is the best, and no other comes near it. */
const DICE = [0, 0.5, 0.7, 0.6, 0.6];

test("a run with early stop ends when models are no better any more: the sites score the newest, and run show says so", async (t) => {
  const { coordinator, tissue, lesion, run, assignment, model } = await scene(t, {
    rounds: "40",
    stop: "{ metric: dice, patience: 2 }",
  });
  const dice = {
    tissue: (value: number) => ({ CSF: value, GM: value, WM: value }),
    lesion: (value: number) => ({ lesion: value }),
  };
  let current = assignment;
  while (current.kind === "train") {
    const { round } = current;
    const value = DICE[round - 1] ?? 0;
    const next = nextAssignment(tissue.socket);
    for (const [kind, { socket }] of Object.entries({ tissue, lesion }) as ["tissue" | "lesion", typeof tissue][]) {
      const evaluation = { cases: 2, dice: dice[kind](value) };
      const answer = await upload(socket, { run, round }, trained(model, round), numbers({ evaluation }));
      assert.equal(answer.ok, true, JSON.stringify(answer));
    }
    current = await next;
  }
  assert.deepEqual([current.kind, current.round], ["evaluate", 6]);
  for (const [kind, { socket }] of Object.entries({ tissue, lesion }) as ["tissue" | "lesion", typeof tissue][]) {
    const answer = await ask(socket, "evaluation", { run, round: 6, evaluation: { cases: 2, dice: dice[kind](0.6) } });
    assert.equal(answer.ok, true, JSON.stringify(answer));
  }
  const database = openSqlite(dataFolder(coordinator.data).database);
  t.after(() => database.close());
  const line = progressLine(await readOverview(database, run, coordinator.clock.now()));
  assert.match(line, /^\S+: completed, stopped early after 5 of 40 rounds {2}Dice CSF/);
  const { round, rounds, best } = (await coordinator.run("run", "show", run, "--json")).json();
  assert.deepEqual([round, rounds, best], [5, 40, 2]);
  const stopped = (await coordinator.audit()).filter(({ event }) => event === "run.stopped-early");
  assert.deepEqual(
    stopped.map(({ fields }) => fields),
    [{ run, round: 5, best: 2 }],
  );

  // Whoever gets a model is told which, and the bundle says how good it is and who was in it.
  const text = async (...argv: string[]) => (await runCommand([...argv, "--data", coordinator.data])).out;
  const file = coordinator.path("joint.safetensors");
  assert.match(await text("model", "get", run, "--out", file), /: the model of round 2, the best of /);
  assert.match(
    await text("model", "get", run, "--round", "latest", "--out", file),
    /: the model of round 5, the latest of /,
  );
  const told = await text("model", "verify", file);
  assert.match(told, /^ {2}Dice {5}CSF 0\.600, GM 0\.600, WM 0\.600, lesion 0\.600, at 2 × 2 × 2 mm$/m);
  assert.match(told, /^ {2}sites {4}lesion: 8 cases, lesion$/m);
  assert.match(told, /^ {11}tissue: 8 cases, background, CSF, GM, WM$/m);
  const card = (await coordinator.run("model", "verify", file)).json();
  assert.deepEqual(card["dice"], { CSF: 0.6, GM: 0.6, WM: 0.6, lesion: 0.6 });
});

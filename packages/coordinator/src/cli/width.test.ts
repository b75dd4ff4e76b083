import assert from "node:assert/strict";
import test from "node:test";
import { saveEvaluation } from "../records/index.js";
import { openCoordinator } from "../service/index.js";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, greet } from "../testing/federation.js";
import { linesAt } from "../testing/screen.js";
import { manifest } from "../testing/worker.js";

const NAMES = ["n".repeat(32), "south-of-the-river-and-the-woods", "east"] as const;
const CLASSES = ["CSF", "GM", "WM", "lesion", "necrosis", "oedema", "enhancing-tumour"];
const ENGINE = "wasm, 16 threads, relaxed SIMD, on a machine with a long name";

test("tables keep to a screen of 80 or 120 columns, and are whole where nobody watches", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const kinds = ["tissue", "lesion", "tissue"] as const;
  for (const [i, name] of NAMES.entries()) {
    const words = manifest(kinds[i] ?? "tissue", { engine: ENGINE, ...(i === 2 ? { inputs: ["PDw"] } : {}) });
    const { socket } = await greet(coordinator, await coordinator.site(name), words);
    t.after(() => socket.disconnect());
  }
  const run = await createRun(coordinator, {
    name: "a-plan-with-a-name-that-is-as-long-as-names-may-be",
    classes: `[background, ${CLASSES.join(", ")}]`,
  });
  const opened = await openCoordinator(coordinator.data);
  t.after(() => opened.database.close());
  const dice = Object.fromEntries(CLASSES.map((name, k) => [name, (k + 1) / 10]));
  const metrics = { falseVolume: { lesion: 58 }, falseVolumeShare: { lesion: 1 } };
  for (const site of NAMES) await saveEvaluation(opened.database, run, 1, site, { cases: 4, dice, metrics });
  await coordinator.run("run", "abort", run);
  const digest = /[0-9a-f]{64}/;
  const commands = [
    ["run", "show", run],
    ["run", "show", run, "--metrics"],
    ["run", "list"],
    ["site", "list"],
    ["model", "list", run],
    ["audit", "list"],
  ];
  for (const argv of commands) {
    const whole = await linesAt(coordinator, undefined, ...argv);
    assert.ok(
      whole.some((line) => line.length > 80),
      `${argv.join(" ")} has something to be kept to the width`,
    );
    for (const columns of [80, 120]) {
      const lines = await linesAt(coordinator, columns, ...argv);
      for (const line of lines) assert.ok(line.length <= columns, `${argv.join(" ")}: ${line}`);
      // What people copy or look for is there; a digest is known by its beginning.
      const said = lines.join("");
      if (argv[0] === "site") for (const name of NAMES) assert.ok(said.includes(name), said);
      if (argv[1] === "show") for (const name of CLASSES) assert.ok(said.includes(name), said);
    }
  }
  assert.match((await linesAt(coordinator, undefined, "model", "list", run)).join("\n"), digest);
  const list = await linesAt(coordinator, 80, "run", "list");
  assert.ok(
    list.some((line) => line.startsWith(run)),
    "a run is to be copied",
  );
  const now = (await linesAt(coordinator, 80, "run", "show", run)).join(" ").replaceAll(/\s+/g, " ");
  assert.match(now, /cannot take part:/);
});

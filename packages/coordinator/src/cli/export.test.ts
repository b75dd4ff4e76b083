import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import { history } from "../rounds/index.js";
import { scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { download, nextAssignment, numbers, trained, upload } from "../testing/worker.js";

/** Rows and cells of a file whose fields need no quotes. */
function cells(text: string): string[][] {
  return text
    .split("\r\n")
    .slice(0, -1)
    .map((line) => line.split(","));
}

test("run export writes each number of each site and round once, with its class and unit", async (t) => {
  const { coordinator, run, tissue, lesion, assignments, model } = await scene(t, { rounds: "1" });
  const final = [tissue, lesion].map(({ socket }) => nextAssignment(socket));
  const said = {
    tissue: numbers({
      cases: 6,
      voxels: { CSF: 1000, GM: 2500 },
      loss: 1.25,
      lastLoss: 0.5,
      seconds: 12.5,
      evaluation: {
        cases: 2,
        dice: { CSF: 0.125, GM: 0.25, WM: 0.5, lesion: null },
        metrics: { falseVolume: { lesion: 58 }, falseVolumeShare: { lesion: 1 } },
      },
    }),
    lesion: numbers({ cases: 2, voxels: { lesion: 70 }, loss: 2, lastLoss: 1.5, seconds: 3 }),
  };
  const other = await download(lesion.socket, assignments.lesion);
  assert.equal((await upload(tissue.socket, assignments.tissue, trained(model, 1), said.tissue)).ok, true);
  assert.equal((await upload(lesion.socket, assignments.lesion, trained(other, -1), said.lesion)).ok, true);
  const [last] = await Promise.all(final);
  assert.equal(last?.round, 2);
  const evaluation = { cases: 3, dice: { lesion: 0.75 }, metrics: { hd95: { lesion: 4.5 } } };
  assert.equal((await ask(lesion.socket, "evaluation", { run, round: 2, evaluation })).ok, true);

  const file = coordinator.path("rounds.csv");
  const ran = await coordinator.run("run", "export", run, "--out", file);
  assert.equal(ran.code, 0, ran.err);
  const text = readFileSync(file, "utf8");
  const [header, ...rows] = cells(text);
  assert.deepEqual(header, ["run", "round", "model", "site", "quantity", "class", "value", "unit"]);
  // 6 and 2 cases: three quarters and one quarter of the average.
  const lesionRows = [
    ["loss", "", "2", ""],
    ["lastLoss", "", "1.5", ""],
    ["cases", "", "2", "cases"],
    ["share", "", "0.25", ""],
    ["steps", "", "1", "steps"],
    ["seconds", "", "3", "s"],
    ["voxels", "lesion", "70", "voxels"],
  ];
  const tissueRows = [
    ["loss", "", "1.25", ""],
    ["lastLoss", "", "0.5", ""],
    ["cases", "", "6", "cases"],
    ["share", "", "0.75", ""],
    ["steps", "", "1", "steps"],
    ["seconds", "", "12.5", "s"],
    ["voxels", "CSF", "1000", "voxels"],
    ["voxels", "GM", "2500", "voxels"],
    ["scoredCases", "", "2", "cases"],
    ["dice", "CSF", "0.125", ""],
    ["dice", "GM", "0.25", ""],
    ["dice", "WM", "0.5", ""],
    ["falseVolume", "lesion", "58", "mL"],
    ["falseVolumeShare", "lesion", "1", "of cases above 1 mL"],
  ];
  const finalRows = [
    ["scoredCases", "", "3", "cases"],
    ["dice", "lesion", "0.75", ""],
    ["hd95", "lesion", "4.5", "mm"],
  ];
  assert.deepEqual(rows, [
    ...lesionRows.map((row) => [run, "1", "0", "lesion", ...row]),
    ...tissueRows.map((row) => [run, "1", "0", "tissue", ...row]),
    ...finalRows.map((row) => [run, "2", "1", "lesion", ...row]),
  ]);
  assert.equal(ran.json()["rows"], rows.length);

  await t.test("it replaces nothing unasked, and knows only runs that are there", async () => {
    const again = await coordinator.run("run", "export", run, "--out", file);
    assert.match(again.err, /OUTPUT_EXISTS/);
    assert.equal((await coordinator.run("run", "export", run, "--out", file, "--force")).code, 0);
    assert.equal(readFileSync(file, "utf8"), text);
    const none = await coordinator.run("run", "export", "nothing", "--out", coordinator.path("none.csv"));
    assert.match(none.err, /RUN_NOT_FOUND/);
    assert.throws(() => readFileSync(coordinator.path("none.csv")));
  });

  await t.test("Python's csv reads it, where FEDACE_PYTHON names a Python", (s) => {
    const python = process.env["FEDACE_PYTHON"];
    if (python === undefined) {
      s.diagnostic("FEDACE_PYTHON is not set: the file was compared with the rows it must have only");
      return;
    }
    const script =
      "import csv, json, sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline=''), strict=True))))";
    const read = JSON.parse(execFileSync(python, ["-c", script, file], { encoding: "utf8" })) as unknown;
    assert.deepEqual(read, [header, ...rows]);
  });
});

test("a site's share is that of the average it went into: sites that were there before count in what a class has", () => {
  const plan = parsePlan({
    name: "shares",
    classes: ["background", "WM", "lesion"],
    inputs: ["T1w"],
    spacing: [1, 1, 1],
    aggregation: { weighting: "classes" },
    rounds: 2,
  });
  const update = (round: number, site: string, cases: number, name: string) => ({
    round,
    site,
    numbers: numbers({ cases, voxels: { [name]: 1 } }),
  });
  const updates = [
    update(1, "a", 6, "WM"),
    update(1, "b", 6, "WM"),
    update(1, "c", 3, "lesion"),
    update(2, "a", 6, "WM"),
    update(2, "c", 3, "lesion"),
  ];
  const shares = history(plan, updates, [])
    .filter(({ quantity }) => quantity === "share")
    .map(({ round, site, value }) => `${round} ${site} ${value.toFixed(4)}`);
  // Round 1: half of WM each, all of the lesions: ½, ½, 1 of 2. Round 2: b's cases still count in WM: ½ and 1 of 1.5.
  assert.deepEqual(shares, ["1 a 0.2500", "1 b 0.2500", "1 c 0.5000", "2 a 0.3333", "2 c 0.6667"]);
});

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT_CODES } from "@fedace/ace-core/foundation";
import { labelsOf } from "./labels.js";
import { listOf, spacingOf } from "./lists.js";
import { main } from "./main.js";
import { root, terminalOf, run, runPredict } from "./cli.test.helper.js";

test("every command has a help with an example and exit code 0", async () => {
  for (const name of ["join", "serve", "check", "predict", "receipts", "engine list", "engine install tensorflow"]) {
    const { code, out } = await run([...name.split(" "), "--help"]);
    assert.equal(code, EXIT_CODES.ok);
    assert.match(out, new RegExp(`Example:\\n {2}fedace-site ${name} `.trimEnd()), name);
  }
  assert.match((await run(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

test("a wrong command line says what is wrong and what to do, with exit code 2", async () => {
  for (const [argv, message] of [
    [[], /No command was given/],
    [["no-such"], /unknown command 'no-such'/],
    [["join"], /missing required argument/],
    [["serve", "--kind", "tissue"], /required option '--archive/],
    [["serve", "--archive", "a", "--engine", "abacus", "--kind", "tissue"], /abacus/],
    [["serve", "--archive", "a", "--data", "d", "--kind", "brains"], /--kind brains is none of/],
    [["serve", "--archive", "a", "--data", "d", "--kind", "tissue", "--labels", "f"], /exclude each other/],
    [["serve", "--archive", "a", "--data", "d", "--kind", "tissue", "--threads", "0"], /--threads 0/],
    [["check", "a", "--spacing", "2,2"], /--spacing 2,2/],
    [["check", "a", "--inputs", "T1w,../x"], /--inputs T1w/],
    [["predict", "--model", "m", "--out", "o.nii", "--input", "T1w"], /--input T1w is not of the form/],
    [["predict", "--model", "m", "--out", "o.nii", "--input", "T1w=a", "--input", "T1w=b"], /given twice/],
  ] as const) {
    const { code, err } = await run(argv);
    assert.equal(code, EXIT_CODES.usage, argv.join(" "));
    assert.match(err, /^error COMMAND_USAGE: .*\nnext: .+\n$/s);
    assert.match(err, message);
  }
});

test("with --json an error is one line of JSON with code, message and next step", async () => {
  const { code, err } = await run(["serve", "--archive", "a", "--kind", "tissue", "--json"]);
  assert.equal(code, EXIT_CODES.usage);
  const value = JSON.parse(err) as Record<string, string>;
  assert.deepEqual(Object.keys(value), ["error", "message", "next"]);
  assert.equal(value["error"], "DATA_FOLDER_UNSPECIFIED");
});

test("each bad input has its code: data folder, archive, labels, engine, invitation, receipts", async () => {
  const serve = ["serve", "--archive", root];
  const cases: [readonly string[], string, number][] = [
    [[...serve, "--data", root], "LABELS_UNSPECIFIED", EXIT_CODES.usage],
    [[...serve, "--data", root, "--kind", "tissue"], "SITE_NOT_JOINED", EXIT_CODES.usage],
    [["check", join(root, "none")], "ARCHIVE_NOT_FOUND", EXIT_CODES.input],
    [["check", root, "--labels", join(root, "none.yaml")], "FILE_UNREADABLE", EXIT_CODES.input],
    [["join", join(root, "none.json"), "--data", root], "FILE_UNREADABLE", EXIT_CODES.input],
    [
      ["predict", "--model", join(root, "none"), "--input", "T1w=a", "--out", "o.nii"],
      "FILE_UNREADABLE",
      EXIT_CODES.input,
    ],
  ];
  for (const [argv, code, exit] of cases) {
    const ran = argv[0] === "predict" ? await runPredict(argv) : await run(argv);
    assert.match(ran.err, new RegExp(`^error ${code}: `), argv.join(" "));
    assert.equal(ran.code, exit);
  }
  const nowhere = await run(["receipts"], { FEDACE_DATA: join(root, "empty") });
  assert.match(nowhere.err, /^error SITE_NOT_JOINED: /, "a folder that is none is not one that nothing has left");
});

test("check prints the report, and ends with exit code 3 where no case can be used", async () => {
  const archive = join(root, "archive");
  mkdirSync(join(archive, "sub-01", "anat"), { recursive: true });
  writeFileSync(join(archive, "sub-01", "anat", "sub-01_T1w.nii.gz"), "nothing");
  const { code, out, err } = await run(["check", archive]);
  assert.equal(code, EXIT_CODES.input);
  assert.match(out, /sub-01/);
  assert.match(err, /^error ARCHIVE_NO_CASES/);
  const json = JSON.parse((await run(["check", archive, "--json"])).out) as { skipped: unknown[] };
  assert.equal(json.skipped.length, 1);
});

test("check --plan holds the archive against a plan: what it says goes before what is usual, and is checked first", async () => {
  const plan = join(root, "check-plan.yaml");
  const archive = join(root, "for-a-plan");
  mkdirSync(archive);
  const lines = (classes: string): string =>
    `name: joint\nclasses: [${classes}]\ninputs: [T1w]\nspacing: [1, 1, 3]\nrounds: 2\ninit: joint.safetensors\n`;
  writeFileSync(plan, lines("background, lesion"));
  const code = async (...args: string[]): Promise<string> => {
    const { err } = await run(["check", archive, "--plan", plan, "--json", ...args]);
    return (JSON.parse(err) as { error: string }).error;
  };
  assert.equal(await code("--kind", "tissue"), "LABEL_CLASS_UNKNOWN", "before the archive is looked at");
  assert.equal(await code("--inputs", "FLAIR"), "COMMAND_USAGE");
  assert.equal(await code("--spacing", "2,2,2"), "COMMAND_USAGE");
  const { out } = await run(["check", archive, "--plan", plan, "--kind", "lesion", "--json"]);
  const report = JSON.parse(out) as { inputs: string[]; spacing: number[]; plan: Record<string, unknown> };
  assert.deepEqual([report.inputs, report.spacing, report.plan["name"]], [["T1w"], [1, 1, 3], "joint"]);
  assert.ok(Number(report.plan["stepBytes"]) > 2 ** 20 && Number(report.plan["freeBytes"]) > 0);
  writeFileSync(plan, "name: joint\n");
  assert.equal(await code(), "PLAN_INVALID");
});

test("an interrupted command says so, and does not end as if it were done", async () => {
  const { terminal, err } = terminalOf();
  const archive = join(root, "interrupted");
  mkdirSync(join(archive, "sub-01"), { recursive: true });
  const code = await main(["check", archive], { ...terminal, interrupted: AbortSignal.abort() });
  assert.equal(code, EXIT_CODES.state);
  assert.match(err.join(""), /^error INTERRUPTED/);
});

test("label maps are read from YAML; what is none says how it should look", async () => {
  const file = join(root, "labels.yaml");
  const read = (text: string): Promise<unknown> => {
    writeFileSync(file, text);
    return labelsOf({ labels: file });
  };
  assert.deepEqual(await read("values: {0: rest, 1: [lesion], 255: ignore}"), {
    values: { "0": "rest", "1": ["lesion"], "255": "ignore" },
  });
  assert.deepEqual(await read("kind: lesion"), { kind: "lesion" });
  assert.deepEqual(await labelsOf({ kind: "tissue" }), { kind: "tissue" });
  assert.equal(await labelsOf({}), undefined);
  for (const text of [
    "",
    "values: {1: lesion}",
    "values: {one: [lesion]}",
    "values: {}",
    "kind: [",
    "a: &a [*a]",
    "x: 1",
  ])
    await assert.rejects(read(text), { code: "LABELS_FILE" }, text);
  await assert.rejects(read("value: {0: rest, 1: [lesion]}"), {
    message: /255: ignore}`: values is missing; did you mean it by value\?$/,
  });
});

test("lists of suffixes and spacings are read on either side of their bounds", () => {
  assert.deepEqual(listOf("T1w, FLAIR", "--inputs"), ["T1w", "FLAIR"]);
  assert.throws(() => listOf("T1w,,FLAIR", "--inputs"), { code: "COMMAND_USAGE" });
  assert.deepEqual(spacingOf("0.2,1,10"), [0.2, 1, 10]);
  for (const text of ["0.19,1,1", "1,1,10.1", "1,1,1,1", "a,b,c"]) {
    assert.throws(() => spacingOf(text), { code: "COMMAND_USAGE" });
  }
});

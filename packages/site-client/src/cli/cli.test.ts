import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assembleBundle, modelCard, signingPayload, tensorsDigest } from "@fedace/ace-core/export";
import { EXIT_CODES, systemClock } from "@fedace/ace-core/foundation";
import { consoleLogger, Printer } from "@fedace/ace-core/host";
import type { Terminal } from "@fedace/ace-core/host";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { writeNifti } from "../archive/index.js";
import { createSiteKey, openDataFolder, writeRegistration } from "../identity/index.js";
import { openBundle } from "./bundle.js";
import { labelsOf } from "./labels.js";
import { listOf, spacingOf } from "./lists.js";
import { main } from "./main.js";
import { remedyOf } from "./remedies.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function terminalOf(
  env: Terminal["env"] = {},
  interactive = false,
): { terminal: Terminal; out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const interrupted = new AbortController().signal;
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    screen: { out: false, err: interactive },
    env,
    interrupted,
  };
  return { terminal, out, err };
}

async function run(argv: readonly string[], env: Terminal["env"] = {}): Promise<Ran> {
  const { terminal, out, err } = terminalOf(env);
  const code = await main(argv, terminal);
  return { code, out: out.join(""), err: err.join("") };
}

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
  assert.match((await run(["receipts"], { FEDACE_DATA: join(root, "empty") })).out, /^0 receipts/);
});

/** As a process of its own where the engine needs flags; its streams are inherited, so the command itself is run. */
async function runPredict(argv: readonly string[]): Promise<Ran> {
  const flags = process.execArgv;
  const { ENGINE_NODE_FLAGS } = await import("@fedace/ace-core/engine");
  process.execArgv = [...flags, ...ENGINE_NODE_FLAGS];
  try {
    return await run(argv);
  } finally {
    process.execArgv = flags;
  }
}

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

test("the console shows time, message and code to people, and JSON lines to machines", () => {
  const people = terminalOf();
  const logger = consoleLogger({ ...people, clock: systemClock }, { json: false, level: "info", remedyOf });
  logger.info("connected");
  logger.warn("no way", { code: "COORDINATOR_REFUSED" });
  logger.debug("hidden");
  assert.equal(people.err.length, 2);
  assert.match(people.err[0] ?? "", /^\d\d:\d\d:\d\d {2}connected\n$/);
  const said = /^\d\d:\d\d:\d\d {2}warning: no way \[COORDINATOR_REFUSED\]\n {10}next: Ask the operator whether .*\n$/;
  assert.match(people.err[1] ?? "", said);
  logger.warn("still no way", { code: "COORDINATOR_REFUSED" });
  assert.match(people.err[2] ?? "", /still no way \[COORDINATOR_REFUSED\]\n$/, "what to do is not said twice in a row");
  logger.error("too large", { code: "PLAN_MEMORY", remedy: "This would fit: training.batch: 2." });
  assert.match(
    people.err[3] ?? "",
    /error: too large \[PLAN_MEMORY\]\n {10}next: This would fit: training.batch: 2.\n$/,
  );
  const machines = terminalOf();
  consoleLogger({ ...machines, clock: systemClock }, { json: true, level: "info" }).info("connected", { port: 1 });
  const { msg, port } = JSON.parse(machines.err[0] ?? "") as { msg: string; port: number };
  assert.deepEqual([msg, port], ["connected", 1]);
});

test("progress appears after a second, with the time left, and is redrawn where people watch", () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const { terminal, err } = terminalOf({}, true);
  const progress = new Printer(terminal, clock, false).progress("reading");
  now = 999;
  progress.update(1, 10);
  now = 2000;
  progress.update(2, 10);
  assert.equal(err.join("|"), "\r\u001b[Kreading: 20 %, 8 s left", "and nothing before");
  progress.end();
  assert.equal(err[1], "\r\u001b[K");
  const lines = terminalOf();
  const slow = new Printer(lines.terminal, clock, false).progress("reading");
  now = 4000;
  slow.update(5, 10);
  slow.update(6, 10);
  slow.end();
  assert.deepEqual(lines.err, ["reading: 50 %, 2 s left\n"], "not every step is a line in a file");
});

/** A bundle signed with a fresh key, by node's own crypto. */
function bundleFile(name: string): { path: string; key: PublicKey } {
  const plan = parsePlan({
    name: "p",
    classes: ["background", "lesion"],
    inputs: ["T1w"],
    spacing: [4, 4, 4],
    model: { preset: "tiny" },
    training: { patch: [8, 8, 8] },
    rounds: 1,
  });
  const { inputs, classes, ...model } = modelSpec(plan.model, 1, 2);
  const weights = initialise({ inputs, classes, ...model }, 1);
  const card = modelCard({
    plan,
    product: "fedace",
    run: "r",
    round: 1,
    created: "2026-01-02T03:04:05Z",
    model,
    sites: [],
    scores: [],
    tensors: tensorsDigest(weights),
  });
  const pair = generateKeyPairSync("ed25519");
  const { x = "" } = pair.publicKey.export({ format: "jwk" });
  const key = { kty: "OKP", crv: "Ed25519", x } as const;
  const body = `${Buffer.from('{"alg":"EdDSA"}').toString("base64url")}.${Buffer.from(signingPayload(card, weights.specs)).toString("base64url")}`;
  const signature = `${body}.${sign(null, Buffer.from(body), pair.privateKey).toString("base64url")}`;
  const path = join(root, name);
  writeFileSync(path, assembleBundle(weights, { card, signature, key }));
  return { path, key };
}

test("a bundle is verified against the coordinator's key, or against its own, and says which", async () => {
  const { path, key } = bundleFile("good.fedace");
  const trusted = await openBundle(path, key);
  assert.equal(trusted.trusted, true);
  const own = await openBundle(path, undefined);
  assert.equal(own.trusted, false);
  assert.match(own.signedBy, /^signed by key [\w-]{43}, not checked against a coordinator you joined$/);
  await assert.rejects(openBundle(path, bundleFile("other.fedace").key), { code: "BUNDLE_UNTRUSTED" });
});

test("a bundle of which anything was changed is refused", async () => {
  const { path, key } = bundleFile("changed.fedace");
  const good = readFileSync(path);
  const weights = Buffer.from(good);
  weights[weights.length - 1] = (weights.at(-1) ?? 0) ^ 1;
  writeFileSync(path, weights);
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_INVALID" });
  const text = good.toString("latin1");
  writeFileSync(path, Buffer.from(text.replace('\\"round\\":1', '\\"round\\":7'), "latin1"));
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_UNTRUSTED" });
  writeFileSync(path, good.subarray(0, 100));
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_INVALID" });
});

test("predict segments a scan, says who signed the model, and trusts only the coordinator that was joined", async () => {
  const { path, key } = bundleFile("predict.fedace");
  const scan = join(root, "scan.nii.gz");
  const grid = { size: [10, 11, 12], affine: [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0] } as const;
  await writeNifti(scan, { grid, data: Float32Array.from({ length: 1320 }, (_, i) => 1 + (i % 7)), type: "float32" });
  const out = join(root, "labels.nii.gz");
  const argv = [
    "predict",
    "--model",
    path,
    "--input",
    `T1w=${scan}`,
    "--out",
    out,
    "--engine",
    "wasm",
    "--threads",
    "1",
  ];
  const free = await runPredict(argv);
  assert.equal(free.code, 0, free.err);
  assert.match(free.out, /not checked against a coordinator you joined/);
  assert.match(free.out, /lesion +\d+\.\d\d mL/);
  const paths = openDataFolder(join(root, "site"));
  const site = await createSiteKey(paths);
  const registration = async (coordinator: PublicKey): Promise<void> => {
    await writeRegistration(paths, {
      format: "fedace-site",
      version: 1,
      site: "here",
      key: site.publicKey,
      url: "https://localhost",
      coordinator: { name: "c", key: coordinator },
      tls: { mode: "system" },
      joined: "2026-01-02T03:04:05Z",
    });
  };
  await registration(key);
  const json = await runPredict([...argv, "--data", paths.root, "--json"]);
  const result = JSON.parse(json.out) as { trusted: boolean; volumes: { name: string }[] };
  assert.deepEqual([result.trusted, result.volumes.map(({ name }) => name)], [true, ["lesion"]]);
  await registration(site.publicKey);
  assert.match((await runPredict([...argv, "--data", paths.root])).err, /^error BUNDLE_UNTRUSTED/);
});

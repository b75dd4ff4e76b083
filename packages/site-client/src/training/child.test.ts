import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestContext } from "node:test";
import { isFedaceError, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { parsePlan } from "@fedace/ace-core/protocol";
import { REPLIES_FD } from "./messages.js";
import { Trainer } from "./trainer.js";

const folder = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A training process that does `body` with each `request`; it can `reply`, `say` any line and tell its `turn` from 1. */
function crooked(name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  const turns = join(folder, `${name}.turns`);
  writeFileSync(
    file,
    `import { appendFileSync, readFileSync, writeSync } from "node:fs";
appendFileSync(${JSON.stringify(turns)}, "x");
const turn = readFileSync(${JSON.stringify(turns)}, "utf8").length;
const say = (line) => writeSync(${REPLIES_FD}, line + "\\n");
const reply = (message) => say(JSON.stringify(message));
const ready = { engine: "made up", reason: "made up", mixedPrecision: false };
const act = (request) => { ${body} };
process.stdin.setEncoding("utf8").on("data", (text) => text.trimEnd().split("\\n").forEach((line) => act(JSON.parse(line))));
`,
  );
  return file;
}

function trainerOf(t: TestContext, script: string): Trainer {
  const trainer = new Trainer(
    { clock: systemClock, logger: silentLogger, nodeFlags: [] },
    { site: "here", archive: folder, labels: { kind: "tissue" }, engine: "plain", threads: null, engines: [] },
    script,
  );
  t.after(() => trainer.stop());
  return trainer;
}

const signal = new AbortController().signal;
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => (isFedaceError(error) ? error.code : String(error)),
  );
const plan = parsePlan({ name: "p", classes: ["a", "b"], inputs: ["T1w"], spacing: [2, 2, 2], rounds: 1 });
const order = {
  kind: "train",
  round: 1,
  plan,
  model: "m",
  update: "u",
  run: "r",
  runs: "runs",
  beside: { previous: null, average: null },
} as const;
const evaluation = `{ kind: "evaluate", found: 1, evaluation: { cases: 1, dice: {} } }`;

test("an engine that could not be opened is tried again by the next round, in a new process", async (t) => {
  const failed = `{ type: "failed", id: request.id, code: "ENGINE_UNAVAILABLE", exit: "engine", message: "m", remedy: "r" }`;
  const script = crooked(
    "late",
    `if (turn === 1) reply(${failed}); else reply({ type: "done", id: request.id, value: request.type === "open" ? ready : ${evaluation} });`,
  );
  const trainer = trainerOf(t, script);
  assert.equal(await codeOf(trainer.work(order, { signal })), "ENGINE_UNAVAILABLE");
  assert.equal((await trainer.work(order, { signal })).kind, "evaluate");
});

test("the end of an older process leaves the requests of a newer one alone", async (t) => {
  const script = crooked(
    "two",
    `if (turn === 1 && request.type === "work") return;
    if (request.type === "open") reply({ type: "done", id: request.id, value: ready });
    else setTimeout(() => reply({ type: "done", id: request.id, value: ${evaluation} }), 0);`,
  );
  const trainer = trainerOf(t, script);
  await trainer.open();
  const first = codeOf(trainer.work(order, { signal }));
  // The older process ends while the newer one opens and works.
  const stopped = trainer.stop();
  const second = codeOf(trainer.work(order, { signal }));
  assert.deepEqual([await first, await second], ["WORKER_CRASHED", "none"]);
  await stopped;
});

for (const [what, line] of [
  ["no JSON", `say("Could not load library cudnn");`],
  ["no reply", `say(JSON.stringify({ type: "progress", id: request.id, phase: "training", done: 1, total: null }));`],
  ["an unknown reply", `reply({ type: "hello" });`],
] as const) {
  test(`a line that is ${what} ends the training process and not the site: the next request starts another`, async (t) => {
    const script = crooked(
      `line-${what.replaceAll(" ", "-")}`,
      `if (request.type === "open") reply({ type: "done", id: request.id, value: ready });
      else if (turn === 1) { ${line} }
      else reply({ type: "done", id: request.id, value: ${evaluation} });`,
    );
    const trainer = trainerOf(t, script);
    assert.equal(await codeOf(trainer.work(order, { signal })), "WORKER_CRASHED");
    assert.equal(await codeOf(trainer.work(order, { signal })), "none");
  });
}

test("replies arrive whole however they are cut, and line breaks of other scripts do not end them", async (t) => {
  const script = crooked(
    "cut",
    `const text = JSON.stringify({ type: "done", id: request.id, value: { ...ready, reason: "é\\u2028" + "x".repeat(200000) } });
    const bytes = Buffer.from(text + "\\n");
    const at = bytes.indexOf(0xc3) + 1;
    writeSync(${REPLIES_FD}, bytes.subarray(0, at));
    setImmediate(() => { for (let from = at; from < bytes.length;) from += writeSync(${REPLIES_FD}, bytes, from); });`,
  );
  const { reason } = await trainerOf(t, script).open();
  assert.equal(reason, `é\u2028${"x".repeat(200_000)}`);
});

test("a training process that cannot be started is a crash", async (t) => {
  const trainer = trainerOf(t, join(folder, "nothing.mjs"));
  assert.equal(await codeOf(trainer.open()), "WORKER_CRASHED");
});

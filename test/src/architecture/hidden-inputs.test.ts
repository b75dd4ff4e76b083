import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenInputs } from "./hidden-inputs.js";
import type { HiddenInput } from "./hidden-inputs.js";
import { sourceFiles } from "./source-graph.js";

const shipped = sourceFiles().filter((file) => !file.isTest && file.project !== "test");

/** The drivers: every file that reads time, sets a timer, draws or looks into the environment, and what for. */
const DRIVERS: Readonly<Record<string, readonly HiddenInput[]>> = {
  // The one clock, handed to all others by the commands; two functions that others call have it as a default.
  "packages/ace-core/src/foundation/clock.ts": ["time", "timer"],
  "packages/coordinator/src/cli/main.ts": ["time"],
  "packages/site-client/src/cli/main.ts": ["time"],
  "packages/ace-core/src/training/local-round.ts": ["time"],
  "packages/site-client/src/predict/predict.ts": ["time"],
  // The one place that knows the process: its environment goes from here to the commands.
  "packages/ace-core/src/host/console/terminal.ts": ["environment"],
  // Where the engine lies, and what libtensorflow and Vulkan's loader read of the environment when they are loaded.
  "packages/ace-core/src/engine/tensorflow/addon.ts": ["environment"],
  "packages/ace-core/src/engine/tensorflow/load.ts": ["environment"],
  "packages/ace-core/src/engine/webgpu/dawn.ts": ["environment"],
  // How long a training alone still takes, in the training process.
  "packages/site-client/src/training/alone.ts": ["time"],
  // Measures a training step, in a process of its own.
  "packages/site-client/src/training/step-trial-main.ts": ["time"],
  // Looks at a download's size, and keeps `serve` alive, while the operating system works.
  "packages/site-client/src/engine-install/fetch.ts": ["timer"],
  "packages/site-client/src/cli/serve.ts": ["timer"],
  // The deadline of one HTTP request.
  "packages/site-client/src/transport/http.ts": ["timer"],
  // Names of files and locks that nobody else must have.
  "packages/ace-core/src/host/files/durable.ts": ["randomness"],
  "packages/ace-core/src/host/lock/lock.ts": ["randomness"],
  // Keys, secrets and ids that nobody must guess; who has to leave a full lobby, which nobody must foresee.
  "packages/coordinator/src/conductor/create.ts": ["randomness"],
  "packages/coordinator/src/identity/certificate.ts": ["randomness"],
  "packages/coordinator/src/identity/invitation.ts": ["randomness"],
  "packages/coordinator/src/service/coordinator.ts": ["randomness"],
  "packages/coordinator/src/transport/gateway.ts": ["randomness"],
  "packages/site-client/src/leave.ts": ["randomness"],
  "packages/site-client/src/site.ts": ["randomness"],
  // The demo says how long it took, and kills what does not stop.
  "deploy/src/demo/demo.ts": ["time"],
  "deploy/src/federation/processes.ts": ["timer"],
};

test("time, timers, randomness and the environment are read by the drivers listed here and by no other file", () => {
  const found = shipped.flatMap((file) => {
    const inputs = hiddenInputs(file);
    return inputs.length === 0 ? [] : [[file.path, inputs] as const];
  });
  assert.deepEqual(Object.fromEntries(found), DRIVERS);
});

const samples: readonly (readonly [string, readonly HiddenInput[]])[] = [
  ["const t = Date.now();", ["time"]],
  ["const clock = { now: Date.now };", ["time"]],
  ["const { now } = Date;", ["time"]],
  ["const t = globalThis.Date.now();", ["time"]],
  ['const t = Date["now"]();', ["time"]],
  ["const t = new Date();", ["time"]],
  ["const t = new Date;", ["time"]],
  ["const t = Date();", ["time"]],
  ["const t = performance.now();", ["time"]],
  ["const t = process.hrtime.bigint();", ["time"]],
  ['import { performance as p } from "node:perf_hooks";', ["time"]],
  ["setTimeout(f, 1); globalThis.setInterval(f, 1);", ["timer"]],
  ['import { setTimeout as wait } from "node:timers/promises";', ["timer"]],
  ["fetch(a, { signal: AbortSignal.timeout(5) });", ["timer"]],
  ["const x = Math.random(); globalThis.crypto.getRandomValues(bytes);", ["randomness"]],
  ['import { createHash, randomInt as pick } from "node:crypto";', ["randomness"]],
  ['import * as crypto from "node:crypto";', ["randomness"]],
  ['import { systemClock } from "../foundation/index.js";', ["time"]],
  ["const now = foundation.systemClock.now();", ["time"]],
  ["const { env } = process; const { PATH: p } = process.env;", ["environment"]],
  ['import { env } from "node:process";', ["environment"]],
  // What is given, written in a comment or a string, or called so by somebody else is no hidden input.
  ["const t = new Date(ms); const u = Date.parse(text); const v = Date.UTC(2026, 1);", []],
  ["// Date.now()\nconst t = 'new Date() Math.random() process.env'; /* setTimeout(f) */", []],
  ["const t = clock.now(); seeded.random(); clock.after(5, f); terminal.env; socket.timeout(5);", []],
  ['import { createHash } from "node:crypto"; export { systemClock } from "./clock.js";', []],
];

for (const [text, inputs] of samples) {
  test(`what is read in: ${text.split("\n")[0] ?? ""}`, () => {
    assert.deepEqual(hiddenInputs({ path: "sample.ts", text }), inputs);
  });
}

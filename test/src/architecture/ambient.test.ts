import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceFiles } from "./source-graph.js";

/** What a program may ask of the world around it, by the code that asks. */
const AMBIENT: Readonly<Record<string, RegExp>> = {
  time: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b|\bset(Timeout|Interval)\(|node:timers|\bAbortSignal\.timeout\b|\bsystemClock\b/,
  randomness: /\bMath\.random\b|\brandom(Bytes|UUID|Int|FillSync)\b\(|\bgetRandomValues\b/,
  environment: /\bprocess\.env\b/,
};

/** The files that ask, and for what: everything else is given its time, randomness and environment. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  // The clock that is handed to everything else, and the defaults of two calls that people make without one.
  "packages/ace-core/src/foundation/clock.ts": ["time"],
  "packages/ace-core/src/training/local-round.ts": ["time"],
  "packages/site-client/src/predict/predict.ts": ["time"],
  // The programs' beginnings.
  "packages/ace-core/src/host/console/terminal.ts": ["environment"],
  "packages/coordinator/src/cli/main.ts": ["time"],
  "packages/site-client/src/cli/main.ts": ["time"],
  // A command that shows how far it is, and a process that measures one step.
  "packages/site-client/src/cli/serve.ts": ["time"],
  "packages/site-client/src/engine-install/fetch.ts": ["time"],
  "packages/site-client/src/training/step-trial-main.ts": ["time"],
  // How long a question over the network may take.
  "packages/site-client/src/transport/http.ts": ["time"],
  // Libraries that are told by the environment what to do.
  "packages/ace-core/src/engine/tensorflow/addon.ts": ["environment"],
  "packages/ace-core/src/engine/tensorflow/load.ts": ["environment"],
  "packages/ace-core/src/engine/webgpu/dawn.ts": ["environment"],
  // Names that nobody else must have, secrets, and ids that nobody must guess.
  "packages/ace-core/src/host/files/durable.ts": ["randomness"],
  "packages/ace-core/src/host/lock/lock.ts": ["randomness"],
  "packages/coordinator/src/conductor/create.ts": ["randomness"],
  "packages/coordinator/src/identity/certificate.ts": ["randomness"],
  "packages/coordinator/src/identity/invitation.ts": ["randomness"],
  "packages/coordinator/src/transport/gateway.ts": ["randomness"],
  "packages/site-client/src/site.ts": ["randomness"],
};

test("time, randomness and the environment are read in the files that are listed for it, and in no other", () => {
  const found: Record<string, string[]> = {};
  for (const file of sourceFiles().filter(({ project, isTest }) => project.startsWith("packages/") && !isTest)) {
    const code = file.text.replaceAll(/^import [^;]*;$/gm, "").replaceAll(/^export \{[^}]*\} from [^;]*;$/gm, "");
    const asked = Object.entries(AMBIENT).flatMap(([what, pattern]) => (pattern.test(code) ? [what] : []));
    if (asked.length > 0) found[file.path] = asked;
  }
  assert.deepEqual(found, DRIVERS);
});

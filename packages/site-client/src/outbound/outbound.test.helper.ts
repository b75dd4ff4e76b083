import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import { createSiteKey, openDataFolder } from "../identity/index.js";
import { Vocabulary } from "./vocabulary.js";

export const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
export const key = await createSiteKey(openDataFolder(root));

export const numbers: SiteMessage<"update.begin">["numbers"] = {
  cases: 3,
  voxels: { CSF: 10 },
  steps: 5,
  loss: 0.5,
  lastLoss: 0.4,
  evaluation: { cases: 1, dice: { CSF: 0.8, lesion: null } },
  seconds: 2,
};
export const sha256 = "ab".repeat(32);

/** One good message of each kind. */
export const GOOD: { [N in SiteMessageName]: SiteMessage<N> } = {
  manifest: {
    software: "fedace-site/0.1.0",
    labels: { values: { "0": "rest", "-3": ["CSF", "lesion"], "255": "ignore" } },
    inputs: ["T1w", "FLAIR"],
    cases: 3,
    engine: "wasm (2 threads)",
  },
  progress: { run: "run-1", round: 1, phase: "training", done: 1, total: 5, secondsLeft: 3 },
  "model.read": { run: "run-1", round: 1, offset: 0, length: 10 },
  "update.begin": { run: "run-1", round: 1, sha256, bytes: 10, numbers },
  "update.chunk": { run: "run-1", round: 1, offset: 0, data: new Uint8Array(10) },
  "update.end": { run: "run-1", round: 1 },
  evaluation: { run: "run-1", round: 1, evaluation: { cases: 1, dice: { CSF: 0.8 } } },
  decline: { run: "run-1", round: 1, code: "PLAN_MEMORY" },
  leave: {},
};

export function vocabulary(): Vocabulary {
  const words = new Vocabulary();
  words.allow(["run-1", "CSF", "lesion", "fedace-site/0.1.0", "wasm (2 threads)", "PLAN_MEMORY"]);
  return words;
}

export const refused = { code: "OUTBOUND_REFUSED" };

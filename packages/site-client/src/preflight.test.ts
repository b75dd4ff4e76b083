import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { preflight } from "./preflight.js";
import type { Survey } from "./training/index.js";

const found: Survey = {
  cases: 3,
  skipped: [],
  inputs: ["T1w", "FLAIR", "MuellerAnna"],
  combinations: [{ inputs: ["FLAIR", "MuellerAnna", "T1w"], cases: 3 }],
  memory: 1e6,
  doubts: [],
  odd: [],
};

function look(
  survey: Survey,
  clock = systemClock,
  confirmLabels = false,
): { lines: string[]; manifest: ReturnType<typeof preflight> } {
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const logger = { ...silentLogger, info: note, warn: note };
  const trainer = {
    open: () => Promise.resolve({ engine: "wasm (1 thread)", reason: "wasm: 1 thread", mixedPrecision: false }),
    survey: (_inputs: unknown, watching: { onProgress?: (progress: never) => void }) => {
      for (const done of [1, 2, 3]) watching.onProgress?.({ done, total: 3 } as never);
      return Promise.resolve(survey);
    },
  };
  return {
    lines,
    manifest: preflight({ clock, logger }, { labels: { kind: "tissue" }, data: tmpdir(), confirmLabels }, trainer),
  };
}

test("a suffix that no standard knows stays at the site: it may be a name", async () => {
  const { inputs, cases, engine } = await look(found).manifest;
  assert.deepEqual([inputs, cases, engine], [["T1w", "FLAIR"], 3, "wasm (1 thread)"]);
});

test("an archive of which no case can be used ends the preflight", async () => {
  const skipped = [{ number: 1, code: "NIFTI_NOT_NIFTI" }];
  await assert.rejects(look({ ...found, cases: 0, skipped, combinations: [] }).manifest, { code: "ARCHIVE_NO_CASES" });
});

test("a label map that the archive speaks against is refused, unless somebody has confirmed it", async () => {
  const doubted = { ...found, doubts: ["no case has 2 (GM), 3 (WM)"] };
  await assert.rejects(look(doubted).manifest, (error: Error & { code?: string }) => {
    return error.code === "LABELS_DOUBTED" && error.message.includes("no case has 2 (GM), 3 (WM)");
  });
  const { lines, manifest } = look(doubted, systemClock, true);
  assert.equal((await manifest).cases, 3);
  assert.match(lines.join("\n"), /may be the wrong one: no case has 2 .* Confirmed by --confirm-labels/);
});

test("a long look through the archive says how far it is and how long it will take", async () => {
  let now = 0;
  const { lines, manifest } = look(found, { ...systemClock, now: () => (now += 20_000) });
  await manifest;
  assert.deepEqual(
    lines.filter((line) => line.includes("looked at")),
    [
      "archive: looked at case 1 of 3, 40 s left",
      "archive: looked at case 2 of 3, 20 s left",
      "archive: looked at case 3 of 3, 0 s left",
    ],
  );
});

test("cases whose images are unlike the others' are told by their number, and are no reason to refuse", async () => {
  const { lines, manifest } = look({ ...found, odd: [2] });
  assert.equal((await manifest).cases, 3);
  assert.match(lines.join("\n"), /^1 case with images that are unlike the others' .*`fedace-site check` says how$/m);
});

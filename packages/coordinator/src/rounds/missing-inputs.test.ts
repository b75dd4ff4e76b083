import assert from "node:assert/strict";
import test from "node:test";
import { overview } from "./index.js";
import { A, B, started, T0 } from "./story.test.helper.js";
import type { Run } from "./run.js";

/** A run on T1w and FLAIR whose cases may lack one of them. */
const plan = { inputs: ["T1w", "FLAIR"], training: { dropInputs: 0.3 } };
const withImages = <T extends object>(site: T, inputs: string[]): T & { manifest: { inputs: string[] } } => ({
  ...site,
  manifest: { inputs },
});

test("sites that lack an image take part where the plan lets cases lack some, and are told of", () => {
  const run = started([withImages(A, ["T1w"]), withImages(B, ["T1w", "FLAIR"])], plan);
  assert.deepEqual(run.duties, ["a train 1", "b train 1"]);
  const row = { id: "r", createdAt: T0, updatedAt: T0, plan: run.context.plan, sites: null, state: run.state } as Run;
  const facts = { run: row, context: run.context, progress: new Map(), rounds: [], evaluations: [], models: [] };
  const { sites } = overview({ ...facts, members: [], declared: [] }, T0);
  assert.deepEqual(
    sites.map(({ inputs }) => inputs),
    [["T1w"], ["T1w", "FLAIR"]],
  );
  const strict = started([withImages(A, ["T1w"]), withImages(B, ["T1w", "FLAIR"])], { inputs: plan.inputs });
  assert.match(strict.last.refused?.message ?? "", /a cannot: its cases have no FLAIR/);
});

test("a run with an image that is nowhere is refused, and a site with none of the images cannot take part", () => {
  const run = started([withImages(A, ["T1w"]), withImages(B, ["T1w"])], plan);
  assert.equal(run.last.refused?.code, "RUN_INPUT_NOWHERE");
  assert.match(run.last.refused.message, /No site has FLAIR/);
  const none = started([withImages(A, ["T2w"]), withImages(B, ["T1w", "FLAIR"])], plan);
  assert.match(none.last.refused?.message ?? "", /a cannot: its cases have none of T1w, FLAIR/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import { weightSet } from "@fedace/ace-core/tensors";
import { updateStep } from "./update-step.js";

const classes = ["background", "x"];
const plan = parsePlan({
  name: "a",
  classes,
  inputs: ["T1w"],
  spacing: [1, 1, 1],
  rounds: 1,
  training: { steps: 7 },
});

test("what leaves is what was trained, and the receipt says how far it is from the model", () => {
  const specs = [{ name: "w", shape: [3] }];
  const base = weightSet(specs, Float32Array.of(1, 2, 3));
  const trained = weightSet(specs, Float32Array.of(4, 2, -1));
  const { update, says } = updateStep(base, trained, plan);
  assert.equal(update, trained);
  // 3, 4 and 5.
  assert.deepEqual(says, { content: "weights as trained", steps: 7, change: 5 });
  const other = weightSet([{ name: "v", shape: [3] }]);
  assert.throws(() => updateStep(base, other, plan), { code: "WEIGHTS_LAYOUT" });
});

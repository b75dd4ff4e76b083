import assert from "node:assert/strict";
import { test } from "node:test";
import { LOSS_NAMES, OPTIMIZER_NAMES, parsePlan, PRESET_NAMES } from "@fedace/ace-core/protocol";
import { DEMO_HELP, parseOptions } from "./options.js";

/** The line of the help that tells of an option. */
const lineOf = (flag: string): string => DEMO_HELP.split("\n").find((line) => line.includes(`--${flag} NAME`)) ?? "";

test("the help names every loss, optimiser and model that a plan may have", () => {
  for (const name of OPTIMIZER_NAMES) assert.ok(lineOf("optimizer").includes(name), name);
  for (const name of LOSS_NAMES) assert.ok(lineOf("loss").includes(name), name);
  for (const name of PRESET_NAMES) assert.ok(lineOf("model").includes(name), name);
});

test("the defaults that the help names are the demo's and the plan's", () => {
  const plan = parsePlan({ name: "a", classes: ["b", "c"], inputs: ["T1w"], spacing: [1, 1, 1], rounds: 1 });
  const options = parseOptions([]);
  assert.equal(options?.optimizer, plan.training.optimizer);
  assert.equal(options.loss, plan.loss);
  assert.match(lineOf("optimizer"), new RegExp(`${plan.training.optimizer} \\(default\\)`));
  assert.match(lineOf("loss"), new RegExp(`${plan.loss} \\(default\\)`));
});

test("a word that no table has is refused with those that are there", () => {
  assert.throws(() => parseOptions(["--loss", "focal"]), new RegExp(LOSS_NAMES.join(", ")));
});

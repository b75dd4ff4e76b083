import assert from "node:assert/strict";
import { test } from "node:test";
import { roundsSent } from "./index.js";

const line = (kind: string, what: object): string => {
  const hash = "0".repeat(64);
  return JSON.stringify({ seq: 1, time: "2026-01-02T03:04:05Z", kind, what, prev: hash, hash, signature: "a.b.c" });
};

test("the rounds of a run whose updates left are those of its receipts, each once, a cut line left out", () => {
  const text = [
    line("manifest", {}),
    line("update", { run: "a", round: 1 }),
    line("counted", { run: "a", round: 7 }),
    line("update", { run: "b", round: 2 }),
    line("update", { run: "a", round: 3 }),
    line("update", { run: "a", round: 3 }),
    line("update", { run: "a", round: 4 }).slice(0, 60),
  ].join("\n");
  assert.deepEqual(roundsSent(text, "a"), [1, 3]);
  assert.deepEqual(roundsSent("", "a"), []);
});

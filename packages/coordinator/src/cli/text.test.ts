import assert from "node:assert/strict";
import test from "node:test";
import { duration, size, table } from "./text.js";

test("durations and sizes are given in the units people use", () => {
  const minute = 60_000;
  const durations: [number, string][] = [
    [-5, "0 s"],
    [0, "0 s"],
    [400, "0 s"],
    [59_000, "59 s"],
    [minute, "1 min"],
    [90_000, "1 min 30 s"],
    [60 * minute, "1 h"],
    [25 * 60 * minute, "1 d 1 h"],
  ];
  for (const [ms, text] of durations) assert.equal(duration(ms), text);
  assert.deepEqual([0, 1, 1023, 1024, 1536, 20_971_520, 2 ** 40].map(size), [
    "0 B",
    "1 B",
    "1023 B",
    "1.00 KiB",
    "1.50 KiB",
    "20.0 MiB",
    "1.00 TiB",
  ]);
});

test("a table aligns its columns and leaves no blanks at the end of a line", () => {
  assert.deepEqual(table(["a", "long"], [["wide cell", "x"]]), ["a          long", "wide cell  x"]);
});

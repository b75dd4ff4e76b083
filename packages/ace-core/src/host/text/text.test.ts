import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "./csv.js";
import { duration, mebibytes, size, time } from "./measures.js";
import { table, tableLines } from "./table.js";

test("durations and sizes are given in the units people use, one unit for one number", () => {
  const minute = 60_000;
  const durations: [number, string][] = [
    [-5, "0 s"],
    [0, "0 s"],
    [400, "less than 1 s"],
    [500, "1 s"],
    [59_000, "59 s"],
    [59_600, "1 min"],
    [90_000, "1 min 30 s"],
    [60 * minute, "1 h"],
    [125 * minute, "2 h 5 min"],
    [25 * 60 * minute, "1 d 1 h"],
  ];
  for (const [ms, text] of durations) assert.equal(duration(ms), text);
  assert.deepEqual([0, 1, 1023, 1024, 1536, 310_100, 20_971_520, 2 ** 40].map(size), [
    "0 B",
    "1 B",
    "1023 B",
    "1.00 KiB",
    "1.50 KiB",
    "302.8 KiB",
    "20.0 MiB",
    "1.00 TiB",
  ]);
  assert.deepEqual([0, 1, 2 ** 20, 2 ** 20 + 1].map(mebibytes), ["0 MiB", "1 MiB", "1 MiB", "2 MiB"]);
  assert.equal(time(Date.parse("2026-01-02T03:04:05Z")), "2026-01-02 03:04 UTC");
  assert.equal(time(null), "–");
});

test("a table aligns its columns and leaves no blanks at the end of a line", () => {
  assert.deepEqual(tableLines(table(["a", "long"], [["wide cell", "x"]])), ["a          long", "wide cell  x"]);
  assert.deepEqual(tableLines(table(["", "CSF"], [["mean", ".8"]], { numbers: true })), ["      CSF", "mean   .8"]);
});

test("a cell that would act on the terminal is shown, and the columns stay aligned", () => {
  assert.deepEqual(tableLines(table(["a", "b"], [["\u001b[2J", "x"]])), ["a        b", "\\x1b[2J  x"]);
});

test("CSV is as RFC 4180 has it: CR LF, quotes only where a field needs them, each quote in it twice", () => {
  // The examples of section 2: rules 1, 2, 6 and 7.
  assert.equal(csv(["aaa", "bbb", "ccc"], [["zzz", "yyy", "xxx"]]), "aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n");
  assert.equal(csv(["a"], [['b"bb', "c\r\ncc", "d,d"]]), 'a\r\n"b""bb","c\r\ncc","d,d"\r\n');
  assert.equal(csv(["a", "b"], [[0.1 + 0.2, 1e-7]]), "a,b\r\n0.30000000000000004,1e-7\r\n");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { textLines } from "./lines.js";
import { table, tableLines } from "./table.js";

const DIGEST = "0123456789abcdef".repeat(4);

test("a table that fits is as wide as it is, whatever the screen", () => {
  const small = table(["a", "long"], [["wide cell", "x"]]);
  assert.deepEqual(tableLines(small, 80), tableLines(small));
  assert.deepEqual(tableLines(small, 15), ["a          long", "wide cell  x"], "to the last column");
});

test("the widest column gives way first: cells wrap between words, and the others stay as they are", () => {
  const reason = "cannot take part: its cases have no FLAIR";
  const lines = tableLines(table(["site", "connected", "now"], [["north", "yes", reason]]), 42);
  assert.deepEqual(lines, [
    "site   connected  now",
    "north  yes        cannot take part: its",
    "                  cases have no FLAIR",
  ]);
});

test("a very long word is cut, with an ellipsis; the name of a row stays whole, or is broken into lines", () => {
  assert.deepEqual(tableLines(table(["round", "SHA-256"], [["10", DIGEST]]), 30), [
    "round  SHA-256",
    `10     ${DIGEST.slice(0, 22)}…`,
  ]);
  const name = "abcdefghijklmnopqrstuvwxyz";
  const runs = table(["run", "state", "at"], [[name, "completed", "2026-01-02"]]);
  assert.deepEqual(tableLines(runs, 40), [
    "run                         state",
    `${name}  completed`,
    "",
    "run                         at",
    `${name}  2026-01-02`,
  ]);
  assert.deepEqual(tableLines(runs, 30).slice(0, 3), [
    "run                  state",
    "abcdefghijklmnopqrs  completed",
    "tuvwxyz",
  ]);
});

test("columns for which there is no room go below, each block with the names of the rows", () => {
  const sites = ["north", "south", "east", "west"];
  const wide = table(["class", ...sites], [["lesion", ".100", ".200", ".300", ".400"]], { numbers: true, indent: 2 });
  assert.deepEqual(tableLines(wide, 26), [
    "  class   north  south",
    "  lesion   .100   .200",
    "",
    "  class   east  west",
    "  lesion  .300  .400",
  ]);
});

test("no line is longer than the screen, and every word that is not very long is on it whole", () => {
  const words = [
    "a",
    "cases above 1 mL",
    "wasm (8 threads, relaxed SIMD)",
    "north-of-the-river",
    "100 %",
    ".905",
    DIGEST,
  ];
  for (let columns = 1; columns <= 12; columns++) {
    const cell = (row: number, k: number): string => words[(7 * row + 3 * k) % words.length] ?? "";
    const row = (n: number): string[] => Array.from({ length: columns }, (_, k) => cell(n, k));
    for (const indent of [0, 2]) {
      for (const width of [20, 27, 40, 80, 120, 200]) {
        const lines = tableLines(table(row(0), [row(1), row(2), row(3)], { indent }), width);
        for (const line of lines) assert.ok(line.length <= width, `${columns} columns, ${width}: ${line}`);
        if (width < 80) continue;
        for (const name of row(1)
          .flatMap((text) => text.split(" "))
          .filter((word) => word.length <= 16))
          assert.ok(
            lines.some((line) => line.includes(name)),
            `${columns} columns, ${width}: ${name}`,
          );
      }
    }
  }
});

test("text wraps between words, further in than its beginning; a word of a whole line is broken", () => {
  assert.deepEqual(textLines(["  next: look at the sites named, and at these too"], 30), [
    "  next: look at the sites",
    "    named, and at these too",
  ]);
  assert.deepEqual(textLines(["x".repeat(45)], 20), ["x".repeat(20), `  ${"x".repeat(18)}`, `  ${"x".repeat(7)}`]);
  assert.deepEqual(
    textLines(["a  b", "", "c".repeat(500)]),
    ["a  b", "", "c".repeat(500)],
    "whole where nobody watches",
  );
  assert.deepEqual(textLines(["\u001b[2J"], 20), ["\\x1b[2J"]);
});

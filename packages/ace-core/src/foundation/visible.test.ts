import assert from "node:assert/strict";
import { test } from "node:test";
import { visible, visibleJson, visibleLines } from "./visible.js";

/** ECMA-48 controls, UAX #9 overrides and isolates, UAX #14 separators, a tag and a lone surrogate. */
const ACTING = "\u0000\u0007\b\t\n\r\u001b\u007f\u0085\u009b\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\u{e0001}\ud800";

test("what would act on a terminal is shown as an escape, what people write stays as it is", () => {
  assert.equal(visible("\u001b[31mred\u0007"), "\\x1b[31mred\\x07");
  assert.equal(visible("a\u202eb\nc\u009b2J"), "a\\u202eb\\x0ac\\x9b2J");
  assert.equal(visible("\u{e0041}\ud800"), "\\u{e0041}\\ud800");
  for (const text of ["Zürich, 5 µm – 日本 🧠", "C:\\data\\x1b"]) assert.equal(visible(text), text);
  assert.doesNotMatch(visible(ACTING), /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.equal(visible(visible(ACTING)), visible(ACTING));
});

test("the lines of a quotation are kept and indented: none can pass for one of the program", () => {
  assert.equal(visibleLines("bad\r\nnext: pay\u001b"), "bad\n  next: pay\\x1b");
});

test("JSON acts on no terminal and still means the same", () => {
  const text = visibleJson({ name: ACTING });
  assert.doesNotMatch(text, /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.deepEqual(JSON.parse(text), { name: ACTING });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../foundation/index.js";
import { Printer } from "./printer.js";

/** A printer, and what it has printed. */
function printing(json: boolean): { printer: Printer; printed: string[] } {
  const printed: string[] = [];
  const out = (text: string): void => void printed.push(text);
  const screen = { out: false, err: false };
  const terminal = { out, err: out, screen, env: {}, interrupted: new AbortController().signal };
  return { printer: new Printer(terminal, systemClock, json), printed };
}

async function* three(printed: readonly string[], before: number[]): AsyncGenerator<string> {
  for (const item of ["a", "b\u001b", "c"]) {
    before.push(printed.length);
    yield await Promise.resolve(item);
  }
}

test("a list of any length is printed item by item, as they come", async () => {
  const { printer, printed } = printing(false);
  const before: number[] = [];
  await printer.list(
    "items",
    three(printed, before),
    (item) => ({ item }),
    (item) => `item ${item}`,
  );
  assert.deepEqual(printed, ["item a\n", "item b\\x1b\n", "item c\n"]);
  assert.deepEqual(before, [0, 1, 2]);
});

test("as JSON a list is one object on one line, as any result is", async () => {
  for (const length of [0, 1, 3]) {
    const { printer, printed } = printing(true);
    const items = async function* (): AsyncGenerator<number> {
      for (let i = 0; i < length; i++) yield await Promise.resolve(i);
    };
    await printer.list("items", items(), (item) => ({ item }), String);
    const whole = printing(true);
    whole.printer.result({ items: Array.from({ length }, (_, item) => ({ item })) }, []);
    assert.deepEqual(printed.join(""), whole.printed.join(""));
  }
});

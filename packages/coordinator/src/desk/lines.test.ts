import assert from "node:assert/strict";
import test from "node:test";
import { Lines } from "./lines.js";

test("work of one name follows one another, a failure lets the next go on, other names do not wait", async () => {
  const lines = new Lines();
  const order: string[] = [];
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const first = lines.run("a", async () => {
    await gate;
    order.push("first");
    throw new Error("stop");
  });
  const second = lines.run("a", () => Promise.resolve(order.push("second")));
  await lines.run("b", () => Promise.resolve(order.push("other")));
  release();
  await assert.rejects(first, /stop/);
  await second;
  assert.deepEqual(order, ["other", "first", "second"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldBytes } from "./held.js";

test("the peak is the most that was held at one time", () => {
  const held = new HeldBytes();
  const [a, b, c] = [{}, {}, {}];
  held.add(a, 100);
  held.add(b, 50);
  held.remove(a);
  held.add(c, 70);
  assert.equal(held.peak, 150);
  held.restart();
  assert.equal(held.peak, 120);
});

test("views of the same bytes count once, until the last of them goes", () => {
  const held = new HeldBytes();
  const [volume, rows, other, strange] = [{}, {}, {}, {}];
  held.add(volume, 100);
  held.add(rows, 100, volume);
  assert.equal(held.peak, 100);
  held.remove(volume);
  held.add(other, 30);
  assert.equal(held.peak, 130);
  held.remove(rows);
  held.remove(rows);
  held.restart();
  assert.equal(held.peak, 30);
  held.add(strange, 5, volume);
  assert.equal(held.peak, 35);
});

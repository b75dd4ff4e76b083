import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain, CHAIN_START } from "./chain.js";

const link = (sequence: number, previous: string, hash: string) => ({ sequence, previous, hash });

test("a chain goes on link by link, and says of one that does not fit why", () => {
  const chain = new Chain();
  assert.deepEqual(chain.next(), { sequence: 1, previous: CHAIN_START });
  assert.equal(chain.follow(link(1, CHAIN_START, "a"), "a"), undefined);
  assert.equal(chain.follow(link(3, "a", "b"), "b"), "number");
  assert.equal(chain.follow(link(2, "x", "b"), "b"), "order");
  assert.equal(chain.follow(link(2, "a", "b"), "c"), "content");
  assert.deepEqual([chain.length, chain.head], [1, "a"]);
  assert.equal(chain.follow(link(2, "a", "b"), "b"), undefined);
  assert.deepEqual(chain.next(), { sequence: 3, previous: "b" });
});

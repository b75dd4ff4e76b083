import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError, seededRandom } from "../../foundation/index.js";
import { Allocator } from "./allocator.js";
import { SharedHeap } from "./memory.js";

/** An allocator over an imagined memory that grows in steps of 4096 bytes. */
function allocator(start = 64): { heap: Allocator; end: () => number } {
  let end = start;
  const heap = new Allocator(start, (needed) => (end = Math.ceil(needed / 4096) * 4096));
  return { heap, end: () => end };
}

test("blocks are aligned and leave room for a vector behind their end", () => {
  const { heap } = allocator(100);
  const [a, b] = [heap.allocate(64), heap.allocate(1)];
  assert.equal(a % 64, 0);
  assert.ok(a >= 100);
  assert.ok(b - a >= 64 + 16);
});

test("a freed block is used again", () => {
  const { heap } = allocator();
  const a = heap.allocate(1000);
  heap.allocate(1000);
  heap.free(a);
  assert.equal(heap.allocate(900), a);
});

test("the smallest hole that fits is taken", () => {
  const { heap } = allocator();
  const [large, , small] = [heap.allocate(2000), heap.allocate(10), heap.allocate(500), heap.allocate(10)];
  heap.free(large);
  heap.free(small);
  assert.equal(heap.allocate(400), small);
});

test("neighbours merge whatever the order in which they are freed", () => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [2, 1, 0],
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const { heap } = allocator();
    const blocks = [heap.allocate(1000), heap.allocate(1000), heap.allocate(1000)];
    heap.allocate(10);
    for (const index of order) heap.free(blocks[index] ?? NaN);
    assert.equal(heap.allocate(3000), blocks[0], `freed in the order ${order.join()}`);
  }
});

test("a hole at the end is part of what the memory grows into", () => {
  const { heap, end } = allocator();
  const a = heap.allocate(3000);
  heap.free(a);
  assert.equal(heap.allocate(6000), a);
  assert.equal(end(), 8192);
});

test("used and peak count what is held", () => {
  const { heap } = allocator();
  const a = heap.allocate(10_000);
  const held = heap.used;
  assert.ok(held >= 10_000 && held < 10_200);
  heap.free(a);
  heap.allocate(10);
  assert.equal(heap.peak, held);
  assert.ok(heap.used < 200);
});

test("freeing what is not held is an error", () => {
  const { heap } = allocator();
  const a = heap.allocate(10);
  heap.free(a);
  assert.throws(() => {
    heap.free(a);
  }, RangeError);
});

test("ten thousand random steps: no two blocks overlap, and everything merges back into one", () => {
  const { heap, end } = allocator();
  const random = seededRandom(1);
  const live = new Map<number, number>();
  for (let step = 0; step < 10_000; step++) {
    if (live.size > 40 || (live.size > 0 && random.uniform() < 0.45)) {
      const [start] = [...live.keys()].slice(random.integer(live.size));
      live.delete(start ?? NaN);
      heap.free(start ?? NaN);
    } else {
      const size = 1 + random.integer(3000);
      const start = heap.allocate(size);
      for (const [other, length] of live) assert.ok(start + size <= other || other + length <= start);
      live.set(start, size);
    }
  }
  for (const start of live.keys()) heap.free(start);
  assert.equal(heap.used, 0);
  assert.equal(heap.blocks, 0);
  const before = end();
  heap.allocate(before - 64 - 64);
  assert.equal(end(), before);
});

test("a full memory is ENGINE_MEMORY, and what was held is still held", () => {
  const heap = new SharedHeap(64);
  const block = heap.allocate(1_000_000);
  assert.throws(
    () => heap.allocate(4_000_000),
    (error) => isFedaceError(error, "ENGINE_MEMORY") && error.message.includes("MiB"),
  );
  heap.free(block);
  assert.equal(heap.used, 0);
  heap.free(heap.allocate(3_500_000));
});

test("views made before the memory grows stay valid after it", () => {
  const heap = new SharedHeap();
  const pointer = heap.allocate(400);
  const view = heap.floats(pointer, 100).fill(7);
  heap.allocate(64 * 1048576);
  heap.floats(pointer, 100)[3] = 8;
  assert.equal(view[3], 8);
});

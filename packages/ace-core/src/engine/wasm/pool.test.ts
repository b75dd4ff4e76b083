import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SharedHeap } from "./memory.js";
import { loadKernels } from "./module.js";
import { ThreadPool } from "./pool.js";

/** The last arguments of `binary`: a sum, of two whole tensors. */
const SUM = [0, 0];

describe("the thread pool", () => {
  const heap = new SharedHeap(256);
  let pool: ThreadPool;
  before(async () => {
    const kernels = await loadKernels();
    assert.ok("module" in kernels);
    pool = await ThreadPool.open(kernels.module, heap.memory, 4);
  });
  after(() => pool.close());

  test("every task of every job runs exactly once, whatever the number of tasks and threads", () => {
    const length = 4000;
    const [a, y] = [heap.allocate(length * 4), heap.allocate(length * 4)];
    heap.floats(y, length).fill(0);
    heap.floats(a, length).fill(1);
    // y = a + y: a task that ran twice, or not at all, would show.
    const jobs = 2000;
    for (let job = 0; job < jobs; job++) {
      const perTask = 4 * (1 + (job % 97));
      pool.run("binary", Math.ceil(length / perTask), [a, y, y, length, perTask, ...SUM]);
    }
    assert.ok(heap.floats(y, length).every((value) => value === jobs));
    heap.free(a);
    heap.free(y);
  });

  test("a job without tasks ends at once", () => {
    pool.run("binary", 0, [0, 0, 0, 0, 4, ...SUM]);
  });

  test("a kernel that fails is an error on the calling thread, and the pool goes on", () => {
    const beyond = heap.memory.buffer.byteLength;
    assert.throws(() => {
      pool.run("binary", 8, [beyond, beyond, beyond, 64, 8, ...SUM]);
    }, /a kernel failed/);
    const y = heap.allocate(64);
    heap.floats(y, 16).fill(2);
    pool.run("binary", 4, [y, y, y, 16, 4, ...SUM]);
    assert.ok(heap.floats(y, 16).every((value) => value === 4));
    heap.free(y);
  });

  test("a kernel that does not exist, or too many arguments, are errors", () => {
    assert.throws(() => {
      pool.run("nothing", 1, []);
    }, RangeError);
    assert.throws(() => {
      pool.run("binary", 1, new Array<number>(500).fill(0));
    }, RangeError);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { lackingIn, serveByPlain } from "./fallback.js";
import { openEngine } from "./open.js";
import { KERNELS } from "./ops/contracts.js";
import { one } from "./ops/run.js";
import { PlainBackend, tf } from "./tf.js";

/** A backend without any kernel of the contracts, as a new one is. */
const BARE = "fedace-bare";

test("what a backend has no kernel for is the plain engine's, with the same numbers", async () => {
  const reference = await openEngine({ choice: "plain" });
  const x = Float32Array.from({ length: 2 * 4 * 4 * 4 * 3 }, (_, i) => Math.sin(i));
  const filter = Float32Array.from({ length: 27 * 3 * 2 }, (_, i) => Math.cos(i));
  const run = (): Float32Array =>
    tf.tidy(() => {
      const inputs = { x: tf.tensor5d(x, [2, 4, 4, 4, 3]), filter: tf.tensor(filter, [3, 3, 3, 3, 2]) };
      return Float32Array.from(one(KERNELS.conv3d, inputs, { precision: "float32" }).dataSync());
    });
  const expected = run();
  tf.registerBackend(BARE, () => new PlainBackend());
  await tf.setBackend(BARE);
  assert.ok(lackingIn(BARE).includes(KERNELS.conv3d));
  assert.ok(serveByPlain(BARE).includes(KERNELS.conv3d));
  assert.deepEqual(lackingIn(BARE), []);
  assert.deepEqual(run(), expected);
  tf.removeBackend(BARE);
  await tf.setBackend("cpu");
  await reference.close();
});

test("an engine says which operations are the plain one's; none is in those that are shipped", async () => {
  const whole = await openEngine({ choice: "wasm", threads: 1 });
  assert.doesNotMatch(whole.reason, /plain/);
  const [backend, kernelName] = [tf.getBackend(), KERNELS.scale];
  const own = tf.getKernel(kernelName, backend);
  await whole.close();
  tf.unregisterKernel(kernelName, backend);
  tf.registerKernel({ ...tf.getKernel(kernelName, "cpu"), backendName: backend });
  const lame = await openEngine({ choice: "wasm", threads: 1 });
  assert.match(lame.reason, /; FedaceScale by the plain engine, slowly$/);
  await lame.close();
  tf.unregisterKernel(kernelName, backend);
  tf.registerKernel(own);
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isFedaceError } from "../foundation/index.js";
import { listEngines, openEngine } from "./open.js";
import { tf } from "./tf.js";

const index = fileURLToPath(new URL("./index.js", import.meta.url));

test("auto opens an engine and says in one line which and why", async () => {
  const engine = await openEngine();
  assert.match(engine.reason, /^(wasm|webgpu|tensorflow): [^\n]+$/);
  assert.ok(engine.reason.includes(engine.device));
  await engine.close();
});

test("the wasm engine takes the threads it is given, and reports its peak", async () => {
  const engine = await openEngine({ choice: "wasm", threads: 2 });
  assert.equal(engine.threads, 2);
  assert.match(engine.reason, /^wasm: 2 threads, (relaxed )?SIMD \(asked for\)$/);
  assert.equal(tf.getBackend(), "fedace-wasm");
  tf.tidy(() => tf.add(tf.zeros([100_000]), tf.zeros([100_000])));
  assert.ok(engine.peakBytes() >= 1_200_000);
  await engine.close();
});

test("an engine can be opened again after it was closed", async () => {
  for (let round = 0; round < 2; round++) {
    const engine = await openEngine({ choice: "wasm", threads: 1 + round });
    const sum = tf.tidy(
      () =>
        tf
          .add(tf.ones([5000]), tf.ones([5000]))
          .sum()
          .dataSync()[0],
    );
    assert.equal(sum, 10_000);
    await engine.close();
  }
});

test("the plain engine opens when asked for", async () => {
  const engine = await openEngine({ choice: "plain" });
  assert.equal(engine.name, "plain");
  assert.equal(tf.getBackend(), "cpu");
  await engine.close();
});

test("every engine is listed, usable or with a reason and a remedy", async () => {
  const engines = await listEngines();
  assert.deepEqual(
    engines.map(({ name }) => name),
    ["tensorflow", "webgpu", "wasm"],
  );
  for (const engine of engines) assert.ok(engine.usable || (engine.reason !== "" && engine.remedy !== ""));
});

test("an engine that is asked for and cannot run is ENGINE_UNAVAILABLE with the reason", async () => {
  const [tensorflow] = await listEngines();
  if (tensorflow?.usable !== false) return;
  await assert.rejects(
    openEngine({ choice: "tensorflow" }),
    (error) => isFedaceError(error, "ENGINE_UNAVAILABLE") && error.message.includes(tensorflow.reason),
  );
});

test("an engine that was not closed does not keep the process alive, and nothing is printed", () => {
  const script = `
    const { openEngine, tf } = await import(${JSON.stringify(index)});
    await openEngine({ choice: "wasm", threads: 3 });
    tf.add(tf.ones([5000]), tf.ones([5000])).dispose();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
});

test("one tfjs-core serves every package: a gradient registered by one is found by the other", async () => {
  const engine = await openEngine({ choice: "wasm", threads: 1 });
  const gradient = tf.tidy(() =>
    tf
      .grad((x) => tf.sum(tf.add(x, x)))(tf.ones([3]))
      .dataSync(),
  );
  assert.deepEqual(Array.from(gradient), [2, 2, 2]);
  await engine.close();
});

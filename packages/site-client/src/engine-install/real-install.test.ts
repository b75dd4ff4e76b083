import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { trialSchema } from "./trial.js";

const BIN = fileURLToPath(new URL("../../bin/fedace-site.js", import.meta.url));
const skip =
  process.env["FEDACE_TEST_ENGINE_INSTALL"] === "1"
    ? false
    : "downloads 0.3 GB and compiles: set FEDACE_TEST_ENGINE_INSTALL=1";

/** FEDACE_CACHE keeps the engine for the tests that follow; without it the engine is thrown away. */
const kept = process.env["FEDACE_CACHE"];
const cache = kept ?? mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  if (kept === undefined) rmSync(cache, { recursive: true, force: true });
});

function run(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [BIN, ...words], { env: { ...process.env, FEDACE_CACHE: cache } });
}

async function site(...words: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(...words, "--json");
  return JSON.parse(stdout) as Record<string, unknown>;
}

test(
  "the tensorflow engine is installed from the Python index, agrees with the reference and is listed",
  { skip },
  async (t) => {
    const first = await site("engine", "install", "tensorflow");
    const [wasm, tensorflow] = trialSchema.parse(first["trial"]);
    assert.deepEqual([wasm?.engine, tensorflow?.engine], ["wasm", "tensorflow"]);
    assert.match(tensorflow?.device ?? "", /^libtensorflow \d+\.\d+\.\d+, (CPU, \d+ threads?|GPU)$/);
    t.diagnostic(`${tensorflow?.device}: relative difference ${tensorflow?.difference}`);
    assert.deepEqual(readdirSync(join(cache, "engines")), ["tensorflow"]);

    // libtensorflow's greeting is kept from the console.
    assert.equal((await run("engine", "list")).stderr, "");
    const { engines } = (await site("engine", "list")) as { engines: Record<string, unknown>[] };
    assert.deepEqual(engines[0], { name: "tensorflow", usable: true, device: tensorflow?.device });

    const second = await site("engine", "install", "tensorflow");
    assert.equal(second["already"], true);
    assert.deepEqual(readdirSync(join(cache, "engines")), ["tensorflow"]);
  },
);

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mock, test } from "node:test";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun } from "../testing/federation.js";

const codeOf = (err: string): unknown => (JSON.parse(err) as { error: string }).error;

test("model get replaces a bundle, and nothing else without being asked; a link is not followed", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const run = await createRun(coordinator);
  const out = coordinator.path("joint.safetensors");
  const get = async (...more: string[]): Promise<unknown> => {
    const { code, err } = await coordinator.run("model", "get", run, "--round", "0", "--out", out, ...more);
    return code === 0 ? undefined : codeOf(err);
  };
  assert.equal(await get(), undefined);
  assert.equal(await get(), undefined, "again under the same name");
  writeFileSync(out, "the work of years");
  assert.equal(await get(), "OUTPUT_EXISTS");
  assert.equal(readFileSync(out, "utf8"), "the work of years");
  assert.equal(await get("--force"), undefined);
  rmSync(out);
  const target = coordinator.path("target");
  writeFileSync(target, "elsewhere");
  symlinkSync(target, out);
  assert.equal(await get(), "OUTPUT_EXISTS");
  assert.equal(await get("--force"), undefined);
  assert.equal(readFileSync(target, "utf8"), "elsewhere", "the link is replaced");
});

test("an invitation replaces nothing but by force", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const out = coordinator.path("north.json");
  const invite = async (...more: string[]): Promise<unknown> => {
    const { code, err } = await coordinator.run("site", "invite", "north", "--out", out, ...more);
    return code === 0 ? undefined : codeOf(err);
  };
  assert.equal(await invite(), undefined);
  const first = readFileSync(out, "utf8");
  assert.equal(await invite(), "OUTPUT_EXISTS");
  assert.equal(readFileSync(out, "utf8"), first);
  assert.equal(await invite("--force"), undefined);
  assert.notEqual(readFileSync(out, "utf8"), first);
});

test("what fails while a model is read or written is called by its name", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const run = await createRun(coordinator);
  const handle = await open(coordinator.path("probe"), "w");
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const get = async (): Promise<unknown> => {
    const out = coordinator.path("joint.safetensors");
    return codeOf((await coordinator.run("model", "get", run, "--round", "0", "--out", out)).err);
  };
  const failing = async (method: "read" | "write" | "sync", code: string): Promise<unknown> => {
    const failure = Object.assign(new Error(`${code}: no luck`), { code });
    // Opening the database and its key reads nothing by these; the first to fail is the model or the bundle.
    const mocked = mock.method(prototype, method, () => Promise.reject(failure));
    const found = await get();
    mocked.mock.restore();
    return found;
  };
  assert.equal(await failing("read", "EIO"), "DATA_FOLDER_DAMAGED");
  assert.equal(await failing("write", "ENOSPC"), "DISK_FULL");
  assert.equal(await failing("sync", "EDQUOT"), "DISK_FULL");
  assert.equal(await failing("sync", "EIO"), "OUTPUT_NOT_WRITABLE");
  const folder = coordinator.path("").replace(/\/$/, "");
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".part")),
    [],
    "nothing half-written is left",
  );
});

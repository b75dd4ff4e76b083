import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { ADDON_FILE, INSTALLED_FILE, engineCache, installedSchema, tensorflowFolder } from "./installed.js";
import { findAddon } from "./tensorflow/index.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A folder for engines in which a tensorflow engine seems to be. */
function engines(name: string, tfjs: string): string {
  const home = tensorflowFolder(join(root, name));
  const described = installedSchema.parse({ format: 1, tfjs, variant: "cpu", source: "tensorflow-cpu" });
  mkdirSync(dirname(join(home, ADDON_FILE)), { recursive: true });
  writeFileSync(join(home, ADDON_FILE), "");
  writeFileSync(join(home, INSTALLED_FILE), JSON.stringify(described));
  return join(root, name);
}

test("engines go to FEDACE_CACHE, else the XDG cache, else ~/.cache; an empty variable is none", () => {
  const home = "/home/jo";
  assert.equal(engineCache({ FEDACE_CACHE: "/a", XDG_CACHE_HOME: "/b" }, home), "/a/engines");
  assert.equal(engineCache({ FEDACE_CACHE: "", XDG_CACHE_HOME: "/b" }, home), "/b/fedace/engines");
  assert.equal(engineCache({ XDG_CACHE_HOME: "" }, home), "/home/jo/.cache/fedace/engines");
});

test("the addon is taken from the first folder that has one for this version of the package", () => {
  const package_ = { folder: join(root, "package"), version: "4.22.0" };
  const [old, first, second] = [engines("old", "4.21.0"), engines("first", "4.22.0"), engines("second", "4.22.0")];
  assert.deepEqual(findAddon(package_, [join(root, "none"), old, first, second]), {
    addon: join(first, "tensorflow", ADDON_FILE),
  });
});

test("an addon that was completed by hand in the package's folder serves too", () => {
  const folder = join(root, "completed");
  const addon = join(folder, "lib", "napi-v8", "tfjs_binding.node");
  mkdirSync(dirname(addon), { recursive: true });
  writeFileSync(addon, "");
  assert.deepEqual(findAddon({ folder, version: "0.0.1" }, []), { addon });
});

test("an addon for another version of the package is not loaded, and the reason names both", () => {
  const found = findAddon({ folder: join(root, "package"), version: "0.0.1" }, [engines("other", "4.21.0")]);
  assert.ok("reason" in found);
  assert.match(found.reason, /built for tfjs-node 4\.\d+\.0, and this is 0\.0\.1$/);
});

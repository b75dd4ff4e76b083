import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Finished } from "./command.js";
import { installTensorflow } from "./install.js";
import { goodMachine } from "./machine.test.helper.js";
import type { Parts } from "./parts.js";
import { DOWNLOAD, UNPACK } from "./python-scripts.js";

const request = { cuda: false, python: "python3" };
const good = (stdout = ""): Finished => ({ status: 0, stdout, tail: stdout });
const bad = (tail: string): Finished => ({ status: 1, stdout: "", tail });
const AGREES = JSON.stringify([
  { engine: "wasm", device: "2 threads", difference: 1e-6 },
  { engine: "tensorflow", device: "libtensorflow 2.21.0, CPU", difference: 2e-6 },
]);
type Tool = "pip" | "venv" | "download" | "unpack" | "compiler" | "trial";

let engines: string;
let home: string;
beforeEach(() => {
  engines = join(mkdtempSync(join(tmpdir(), "fedace-")), "deep", "engines");
  home = join(engines, "tensorflow");
});
afterEach(() => {
  rmSync(dirname(dirname(engines)), { recursive: true, force: true });
});

const argument = (args: readonly string[], prefix: string): string =>
  args.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? "";

/** Tools that leave behind what the real ones would; `failing` replaces some of them. */
function toolbox(failing: Partial<Record<Tool, () => Finished>> = {}): { parts: Parts; used: Tool[]; steps: string[] } {
  const used: Tool[] = [];
  const steps: string[] = [];
  const library = (folder: string): void => {
    for (const name of ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]) writeFileSync(join(folder, name), "");
  };
  const work: Record<Tool, (args: readonly string[]) => Finished> = {
    pip: (args) => {
      const folder = argument(args, "--dest=");
      if (folder !== "") writeFileSync(join(folder, "tensorflow_cpu-2.21.0.whl"), "wheel");
      return good();
    },
    venv: (args) => {
      const folder = join(args.at(-1) ?? "", "lib", "python3.11", "site-packages", "tensorflow");
      mkdirSync(folder, { recursive: true });
      library(folder);
      return good();
    },
    download: () => good(),
    unpack: (args) => {
      library(args[3] ?? "");
      return good();
    },
    compiler: (args) => {
      writeFileSync(argument(args, "-o"), "addon");
      return good();
    },
    trial: () => good(`${AGREES}\n`),
  };
  const toolOf = (command: string, args: readonly string[]): Tool => {
    if (command === process.execPath) return "trial";
    if (command === "g++") return "compiler";
    if (args[1] === "pip" || args[1] === "venv") return args[1];
    return args[1] === UNPACK ? "unpack" : args[1] === DOWNLOAD ? "download" : assert.fail(args.join(" "));
  };
  const parts: Parts = {
    run: (command, args) => {
      const tool = toolOf(command, args);
      used.push(tool);
      return Promise.resolve((failing[tool] ?? work[tool])(args));
    },
    probe: () => Promise.resolve(goodMachine),
    report: { step: (what) => steps.push(what), detail: (what) => steps.push(what), progress: () => undefined },
    env: {},
    signal: new AbortController().signal,
  };
  return { parts, used, steps };
}

test("the engine is fetched, built, tried and only then in its place, with nothing beside it", async () => {
  const { parts, used } = toolbox();
  const result = await installTensorflow(parts, request, engines);
  assert.deepEqual(used, ["pip", "unpack", "compiler", "compiler", "trial"]);
  assert.deepEqual([result.already, result.variant, result.folder], [false, "cpu", home]);
  assert.deepEqual(readdirSync(engines), ["tensorflow"]);
  assert.deepEqual(readdirSync(home).sort(), ["addon", "engine.json", "lib"]);
});

test("for CUDA the libraries stay where pip put them, behind a link that can be moved", async () => {
  const { parts, used } = toolbox();
  await installTensorflow(parts, { ...request, cuda: true }, engines);
  assert.deepEqual(used, ["venv", "pip", "compiler", "compiler", "trial"]);
  assert.ok(readdirSync(join(home, "lib")).includes("libtensorflow_cc.so.2"));
});

test("an archive at an address is downloaded and unpacked", async () => {
  const { parts, used } = toolbox();
  await installTensorflow(parts, { ...request, lib: "https://mirror.example/lib.tar.gz" }, engines);
  assert.deepEqual(used, ["download", "unpack", "compiler", "compiler", "trial"]);
});

test("what is installed already is tried and left alone; another source replaces it", async () => {
  await installTensorflow(toolbox().parts, request, engines);
  const again = toolbox();
  assert.equal((await installTensorflow(again.parts, request, engines)).already, true);
  assert.deepEqual(again.used, ["trial"]);
  const other = await installTensorflow(toolbox().parts, { ...request, cuda: true }, engines);
  assert.equal(other.already, false);
  assert.match(readFileSync(join(home, "engine.json"), "utf8"), /"variant":"cuda"/);
  assert.deepEqual(readdirSync(engines), ["tensorflow"]);
});

test("an installed engine that lacks a part is built again without being tried", async () => {
  await installTensorflow(toolbox().parts, request, engines);
  rmSync(join(home, "addon", "loader.node"));
  const { parts, used } = toolbox();
  assert.equal((await installTensorflow(parts, request, engines)).already, false);
  assert.equal(used[0], "pip");
});

test("an installed engine that no longer works is built again", async () => {
  await installTensorflow(toolbox().parts, request, engines);
  let trials = 0;
  const { parts, used } = toolbox({ trial: () => (trials++ === 0 ? bad("Error: no such library") : good(AGREES)) });
  assert.equal((await installTensorflow(parts, request, engines)).already, false);
  assert.deepEqual(used, ["trial", "pip", "unpack", "compiler", "compiler", "trial"]);
});

const FAILURES: readonly [string, Partial<Record<Tool, () => Finished>>, string][] = [
  ["pip finds nothing", { pip: () => bad("ERROR: No matching distribution") }, "ENGINE_INSTALL_DOWNLOAD"],
  ["pip leaves no wheel", { pip: () => good() }, "ENGINE_INSTALL_DOWNLOAD"],
  ["the wheel is no archive", { unpack: () => bad("BadZipFile: no") }, "ENGINE_INSTALL_LIBRARY"],
  ["the wheel holds no library", { unpack: () => good() }, "ENGINE_INSTALL_LIBRARY"],
  ["the compiler refuses", { compiler: () => bad("fatal error: no") }, "ENGINE_INSTALL_BUILD"],
  ["the engine does not load", { trial: () => bad("Error: GLIBCXX_3.4.30 not found") }, "ENGINE_INSTALL_CHECK"],
  ["the engine computes nonsense", { trial: () => good(AGREES.replace("0.000002", "0.3")) }, "ENGINE_INSTALL_CHECK"],
  ["the engine computes no number", { trial: () => good(AGREES.replace("0.000002", "null")) }, "ENGINE_INSTALL_CHECK"],
];

for (const [what, failing, code] of FAILURES) {
  test(`${what}: ${code}, and everything is as it was`, async () => {
    const { parts } = toolbox(failing);
    await assert.rejects(installTensorflow(parts, request, engines), (error) => isFedaceError(error, code));
    assert.deepEqual(readdirSync(engines), []);
    // The same with an engine of another kind in its place: it stays.
    await installTensorflow(toolbox().parts, { ...request, cuda: true }, engines);
    await assert.rejects(installTensorflow(parts, request, engines));
    assert.deepEqual(readdirSync(engines), ["tensorflow"]);
    assert.match(readFileSync(join(home, "engine.json"), "utf8"), /"variant":"cuda"/);
  });
}

test("an interrupt leaves everything as it was", async () => {
  const controller = new AbortController();
  const { parts } = toolbox({
    compiler: () => {
      controller.abort();
      return good();
    },
  });
  const interrupted = { ...parts, signal: controller.signal };
  await assert.rejects(installTensorflow(interrupted, request, engines), { name: "AbortError" });
  assert.deepEqual(readdirSync(engines), []);
});

test("nothing is fetched on a machine that lacks something", async () => {
  const { parts, used } = toolbox();
  const poor = { ...parts, probe: () => Promise.resolve({ ...goodMachine, free: 0 }) };
  await assert.rejects(installTensorflow(poor, request, engines), (error) =>
    isFedaceError(error, "ENGINE_INSTALL_DISK"),
  );
  assert.deepEqual(used, []);
});

test("a wheel that is not there is FILE_UNREADABLE", async () => {
  await assert.rejects(
    installTensorflow(toolbox().parts, { ...request, wheel: join(engines, "no.whl") }, engines),
    (error) => isFedaceError(error, "FILE_UNREADABLE"),
  );
});

test("a folder that cannot be made is FILE_UNWRITABLE", async () => {
  mkdirSync(dirname(dirname(engines)), { recursive: true });
  writeFileSync(dirname(engines), "a file in the way");
  await assert.rejects(installTensorflow(toolbox().parts, request, engines), (error) =>
    isFedaceError(error, "FILE_UNWRITABLE"),
  );
});

test("another installation that runs is left alone; what a killed one left behind is removed", async () => {
  const alive = join(engines, `.installing-${process.ppid}`);
  mkdirSync(alive, { recursive: true });
  await assert.rejects(installTensorflow(toolbox().parts, request, engines), (error) =>
    isFedaceError(error, "ENGINE_INSTALL_BUSY"),
  );
  assert.ok(existsSync(alive));
  rmSync(alive, { recursive: true });
  mkdirSync(join(engines, ".installing-99999999", "tensorflow"), { recursive: true });
  await installTensorflow(toolbox().parts, request, engines);
  assert.deepEqual(readdirSync(engines), ["tensorflow"]);
});

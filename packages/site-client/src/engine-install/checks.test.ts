import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { checkMachine } from "./checks.js";
import type { Machine } from "./checks.js";
import { goodMachine } from "./machine.test.helper.js";
import { planInstall } from "./plan.js";

const cpu = planInstall({ cuda: false, python: "python3" }, "/");
const cuda = planInstall({ cuda: true, python: "python3" }, "/");
const archive = planInstall({ cuda: false, python: "python3", lib: "/a.tar.gz" }, "/");
const { python } = goodMachine;

test("a machine that has everything passes without a note", () => {
  for (const plan of [cpu, cuda, archive]) assert.deepEqual(checkMachine(goodMachine, plan), []);
});

const LACKS: readonly [string, Partial<Machine>, string, RegExp][] = [
  ["another system", { platform: "darwin" }, "ENGINE_INSTALL_PLATFORM", /darwin x64/],
  ["another processor", { arch: "riscv64" }, "ENGINE_INSTALL_PLATFORM", /riscv64/],
  ["another C library", { glibc: undefined }, "ENGINE_INSTALL_PLATFORM", /C library/],
  ["an old glibc", { glibc: "2.17" }, "ENGINE_INSTALL_PLATFORM", /2\.27.*2\.17/],
  ["an old Node", { node: "18.20.1" }, "ENGINE_INSTALL_NODE", /18\.20\.1/],
  ["no headers", { nodeHeaders: { folder: "/opt/node", present: false } }, "ENGINE_INSTALL_NODE", /\/opt\/node/],
  ["no compiler", { compiler: { command: "g++", problem: "ENOENT" } }, "ENGINE_INSTALL_COMPILER", /g\+\+.*ENOENT/],
  ["no Python", { python: { ...python, version: undefined } }, "ENGINE_INSTALL_PYTHON", /python3/],
  ["an old Python", { python: { ...python, version: [3, 8] } }, "ENGINE_INSTALL_PYTHON", /3\.8.*3\.9/],
  ["no pip", { python: { ...python, pip: false } }, "ENGINE_INSTALL_PYTHON", /no pip/],
  ["no room", { free: 0.4e9 }, "ENGINE_INSTALL_DISK", /\/cache\/engines has 381\.5 MiB free, and 1\.86 GiB/],
];

for (const [what, lack, code, message] of LACKS) {
  test(`${what} is ${code} before anything is downloaded`, () => {
    assert.throws(
      () => checkMachine({ ...goodMachine, ...lack }, cpu),
      (error) => isFedaceError(error, code) && message.test(error.message) && error.remedy !== "",
    );
  });
}

test("glibc 3 and Python 4 would be new enough", () => {
  checkMachine({ ...goodMachine, glibc: "3.0", python: { ...python, version: [4, 0] } }, cpu);
});

test("each source wants of Python only what it uses, and CUDA more room", () => {
  checkMachine({ ...goodMachine, python: { ...python, pip: false, venv: false } }, archive);
  checkMachine({ ...goodMachine, python: { ...python, venv: false } }, cpu);
  assert.throws(
    () => checkMachine({ ...goodMachine, python: { ...python, venv: false } }, cuda),
    (error) => isFedaceError(error, "ENGINE_INSTALL_PYTHON"),
  );
  assert.throws(
    () => checkMachine({ ...goodMachine, free: 5e9 }, cuda),
    (error) => isFedaceError(error, "ENGINE_INSTALL_DISK"),
  );
});

test("a GPU's engine may be installed where no driver is loaded, with a note", () => {
  assert.match(checkMachine({ ...goodMachine, nvidia: false }, cuda).join(), /NVIDIA driver.*CPU/);
  assert.deepEqual(checkMachine({ ...goodMachine, nvidia: false }, cpu), []);
});

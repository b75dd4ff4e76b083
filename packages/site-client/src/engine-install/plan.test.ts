import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { lastError } from "./command.js";
import { compileArguments, librariesOf, pipDownload, pipInstall, planInstall, sourceLine } from "./plan.js";

const request = { cuda: false, python: "python3" };

test("by default the wheel of tensorflow-cpu is taken from the index", () => {
  const plan = planInstall(request, "/here");
  assert.deepEqual([plan.variant, plan.source.kind, sourceLine(plan)], ["cpu", "index", "tensorflow-cpu>=2.15,<3"]);
});

test("--cuda takes tensorflow[and-cuda], of a wheel too, into an environment of its own", () => {
  const sources = [
    planInstall({ ...request, cuda: true }, "/here"),
    planInstall({ ...request, cuda: true, wheel: "a.whl" }, "/here"),
  ];
  assert.deepEqual(
    sources.map((plan) => [plan.variant, plan.source.kind, sourceLine(plan)]),
    [
      ["cuda", "venv", "tensorflow[and-cuda]>=2.15,<3"],
      ["cuda", "venv", "/here/a.whl[and-cuda]"],
    ],
  );
});

test("a wheel or an archive may be named, the archive by an address", () => {
  const plans = [{ wheel: "a.whl" }, { lib: "/b.tar.gz" }, { lib: "HTTPS://mirror.example/b.tar.gz" }].map((more) =>
    planInstall({ ...request, ...more }, "/here"),
  );
  assert.deepEqual(
    plans.map((plan) => [plan.variant, plan.source.kind, sourceLine(plan)]),
    [
      ["cpu", "file", "/here/a.whl"],
      ["archive", "file", "/b.tar.gz"],
      ["archive", "url", "HTTPS://mirror.example/b.tar.gz"],
    ],
  );
});

test("two sources at once are a usage error", () => {
  for (const more of [
    { wheel: "a.whl", lib: "b.tar.gz" },
    { cuda: true, lib: "b.tar.gz" },
  ]) {
    assert.throws(
      () => planInstall({ ...request, ...more }, "/here"),
      (error) => isFedaceError(error, "COMMAND_USAGE"),
    );
  }
});

test("pip is run without questions, without building, and with no index but its own", () => {
  for (const words of [pipDownload("x", "/to"), pipInstall("x")]) {
    assert.deepEqual(words.slice(0, 2), ["-m", "pip"]);
    assert.ok(words.includes("--no-input") && words.includes("--only-binary=:all:"));
    assert.ok(words.every((word) => !/index|http/.test(word)));
    assert.equal(words.at(-1), "x");
  }
});

test("the libraries are found by the names of a wheel and of an archive", () => {
  const wheel = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2", "include"];
  assert.deepEqual(librariesOf(wheel), ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]);
  const names = ["libtensorflow", "libtensorflow_framework"];
  const archive = names.flatMap((name) => [`${name}.so`, `${name}.so.2`, `${name}.so.2.18.0`]);
  assert.deepEqual(librariesOf(archive), ["libtensorflow.so.2", "libtensorflow_framework.so.2"]);
  for (const files of [[], ["libtensorflow_cc.so.2"], ["libtensorflow_framework.so.2"], ["libtensorflow_cc.2.dylib"]]) {
    assert.throws(
      () => librariesOf(files),
      (error) => isFedaceError(error, "ENGINE_INSTALL_LIBRARY"),
    );
  }
});

test("the addon finds its libraries relative to itself, so that the folder can be moved", () => {
  const words = compileArguments({
    sources: "/package/binding",
    nodeHeaders: "/node/include/node",
    home: "/cache/tensorflow",
    headers: "/scratch/include",
    libraries: ["libtensorflow_cc.so.2"],
    addon: "addon/tfjs_binding.node",
  });
  assert.ok(words.includes("-Wl,-rpath,$ORIGIN/../lib"));
  assert.ok(words.includes("-l:libtensorflow_cc.so.2"));
  assert.ok(words.includes("-o/cache/tensorflow/addon/tfjs_binding.node"));
  assert.equal(words.filter((word) => word.endsWith(".cc")).length, 2);
});

test("the line that says what went wrong is found in what tools write", () => {
  const outputs = {
    "No matching distribution found for tensorflow-cpu":
      "Looking in links: /a\nERROR: Could not find a version\nERROR: No matching distribution found for tensorflow-cpu\n",
    "/a.cc:1:10: fatal error: node_api.h: No such file or directory":
      "/a.cc:1:10: fatal error: node_api.h: No such file or directory\n    1 | #include\ncompilation terminated.",
    "/usr/bin/ld: cannot find -l:x.so":
      "/usr/bin/ld: cannot find -l:x.so\ncollect2: error: ld returned 1 exit status\n",
    "File is not a zip file": "Traceback:\n  x\nBadZipFileError: File is not a zip file.\n",
    "it says nothing": "\n",
  };
  for (const [expected, tail] of Object.entries(outputs)) assert.equal(lastError(tail), expected);
});

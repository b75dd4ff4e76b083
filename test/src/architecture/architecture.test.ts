import assert from "node:assert/strict";
import { test } from "node:test";
import { importCycles, roomCycles, runtimeClosure, sourceFiles } from "./source-graph.js";
import type { SourceFile } from "./source-graph.js";

const files = sourceFiles();
const shipped = files.filter((file) => !file.isTest);

/** Which of our packages each may import. */
const PACKAGE_EDGES: Readonly<Record<string, readonly string[]>> = {
  "packages/ace-core": [],
  "packages/site-client": ["packages/ace-core"],
  "packages/coordinator": ["packages/ace-core"],
  deploy: ["packages/ace-core", "packages/site-client", "packages/coordinator"],
  test: ["packages/ace-core", "packages/site-client", "packages/coordinator", "deploy"],
};

/** Which folders of ace-core each of its folders may import: data moves one way, nothing reaches back. */
const CORE_EDGES: Readonly<Record<string, readonly string[]>> = {
  foundation: [],
  labels: ["foundation"],
  metrics: ["foundation", "labels"],
  protocol: ["foundation", "labels", "metrics"],
  tensors: ["foundation", "protocol"],
  aggregation: ["foundation", "labels", "protocol", "tensors"],
  privacy: ["foundation", "tensors"],
  likeness: ["protocol"],
  engine: ["foundation"],
  model: ["foundation", "engine", "protocol", "tensors"],
  loss: ["foundation", "engine", "labels", "protocol"],
  training: ["foundation", "engine", "labels", "loss", "metrics", "model", "protocol", "tensors"],
  export: ["foundation", "labels", "metrics", "model", "protocol", "tensors"],
  // What both programs share on a machine: nothing else of ace-core imports it, since it is in no other list.
  host: ["foundation", "protocol", "tensors", "export"],
};

/**
 * The rooms of the coordinator from the ground up: each may import those above it in this list, and `errors.ts`. `rounds`
 * is pure, `records` holds all SQL, `conductor` makes happen what a run's state calls for.
 */
const COORDINATOR_ROOMS: readonly string[] = [
  "store",
  "rounds",
  "records",
  "identity",
  "audit",
  "spool",
  "aggregation",
  "transport",
  "conductor",
  "desk",
  "models",
  "http",
  "service",
  "cli",
];

/** The rooms of the site client, likewise; `preflight.ts` and `site.ts` put them together for the commands. */
const SITE_ROOMS: readonly string[] = [
  "identity",
  "ledger",
  "transport",
  "outbound",
  "archive",
  "runs",
  "training",
  "session",
  "predict",
  "compare",
  "engine-install",
  "cli",
];

/** What lies beside the rooms: the error catalogues below them all, the composition roots above all but the commands. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  "packages/coordinator": ["errors"],
  "packages/site-client": ["errors", "client-errors", "engine-errors", "version"],
};

const byPath = new Map(files.map((file) => [file.path, file]));

function offenders(candidates: readonly SourceFile[], pattern: RegExp): string[] {
  return candidates.flatMap((file) =>
    file.text.split("\n").flatMap((line, i) => {
      const code = line.replace(/\/\/.*$/, "").replace(/^\s*\/?\*.*$/, "");
      return pattern.test(code) ? [`${file.path}:${i + 1}: ${line.trim()}`] : [];
    }),
  );
}

const importing = (candidates: readonly SourceFile[], pattern: RegExp): string[] =>
  candidates.flatMap((file) =>
    file.imports.filter((edge) => pattern.test(edge.specifier)).map((edge) => `${file.path} imports ${edge.specifier}`),
  );

/** The imports of `candidates` that lead to a file of ours for which `wrong` holds. */
function wrongEdges(candidates: readonly SourceFile[], wrong: (from: SourceFile, to: SourceFile) => boolean): string[] {
  return candidates.flatMap((file) =>
    file.imports.flatMap(({ target }) => {
      const to = target === undefined ? undefined : byPath.get(target);
      return to !== undefined && wrong(file, to) ? [`${file.path} imports ${to.path}`] : [];
    }),
  );
}

test("packages import only the packages they may; site-client and coordinator never each other", () => {
  const wrong = wrongEdges(
    files,
    (from, to) => to.project !== from.project && PACKAGE_EDGES[from.project]?.includes(to.project) !== true,
  );
  assert.deepEqual(wrong, []);
});

test("folders of ace-core import only the folders they may", () => {
  const core = shipped.filter((file) => file.project === "packages/ace-core");
  const wrong = wrongEdges(
    core,
    (from, to) => to.folder !== from.folder && CORE_EDGES[from.folder]?.includes(to.folder) !== true,
  );
  assert.deepEqual(wrong, []);
});

for (const [project, rooms] of [
  ["packages/coordinator", COORDINATOR_ROOMS],
  ["packages/site-client", SITE_ROOMS],
] as const) {
  const own = shipped.filter((file) => file.project === project);
  const name = (file: SourceFile): string => file.path.split("/").at(-1)?.replace(/\.ts$/, "") ?? "";

  test(`the rooms of ${project} import only the rooms below them`, () => {
    const height = (file: SourceFile): number => {
      if (file.folder !== "") return rooms.indexOf(file.folder);
      if (BESIDE[project]?.includes(name(file)) === true) return -1;
      // The composition roots stand between the rooms and the commands, the index above everything.
      return name(file) === "index" ? rooms.length : rooms.length - 1.5;
    };
    const wrong = wrongEdges(
      own,
      (from, to) => to.project === project && to.folder !== from.folder && height(to) >= height(from),
    );
    assert.deepEqual(wrong, []);
  });

  test(`every room of ${project} has its place`, () => {
    const found = new Set(own.flatMap(({ folder }) => (folder === "" ? [] : [folder])));
    assert.deepEqual([...found].sort(), [...rooms].sort());
  });
}

test("the coordinator's rounds are pure: they import nothing but ace-core", () => {
  const rounds = shipped.filter((file) => file.path.startsWith("packages/coordinator/src/rounds/"));
  assert.deepEqual(importing(rounds, /^(node:|\.\.\/)/), []);
});

test("the coordinator's SQL is in records alone, and how a database is opened in store", () => {
  const others = shipped.filter(
    (file) => file.project === "packages/coordinator" && file.folder !== "records" && file.folder !== "store",
  );
  assert.deepEqual(offenders(others, /[`"](SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER) /), []);
});

test("no import cycles, of types either", () => {
  assert.deepEqual(importCycles(files), []);
});

test("no room imports a room that imports it, by whatever way", () => {
  for (const project of Object.keys(PACKAGE_EDGES)) {
    assert.deepEqual(roomCycles(shipped.filter((file) => file.project === project)), [], project);
  }
});

test("no file imports the index of its own folder, but for tests, which use a folder as others do", () => {
  const home = (file: SourceFile): string => file.path.slice(0, file.path.lastIndexOf("/"));
  assert.deepEqual(
    wrongEdges(shipped, (from, to) => to.path === `${home(from)}/index.ts`),
    [],
  );
});

test("from another folder only an index is imported, but for foundation's files and the one door to tfjs", () => {
  const door = /ace-core\/src\/(foundation\/[a-z-]+|engine\/tf)\.ts$/;
  const packages = shipped.filter((file) => file.project !== "test");
  const wrong = wrongEdges(packages, (from, to) => {
    if (to.path.endsWith("/index.ts") || door.test(to.path)) return false;
    if (to.project !== from.project) return true;
    return to.folder !== from.folder && to.folder !== "" && from.folder !== "";
  });
  assert.deepEqual(wrong, []);
});

test("the coordinator cannot load an image or a tensor library, whatever it reaches", () => {
  const start = shipped.filter((file) => file.project === "packages/coordinator").map((file) => file.path);
  const closure = runtimeClosure(files, start);
  assert.deepEqual(
    [...closure.packages].filter((name) => /tensorflow|nifti|pngjs|dicom/.test(name)),
    [],
  );
  assert.deepEqual(
    [...closure.files].filter((path) => /site-client|ace-core\/src\/(engine|loss|training)\//.test(path)),
    [],
  );
});

test("ace-core has no sockets, and files, environment and processes in host/ and engine/ alone", () => {
  const all = shipped.filter((file) => file.project === "packages/ace-core");
  assert.deepEqual(importing(all, /^(node:(net|tls|https?|http2|dgram|dns)$|socket\.io)/), []);
  const core = all.filter((file) => file.folder !== "engine" && file.folder !== "host");
  assert.deepEqual(importing(core, /^(node:(?!crypto$)|socket\.io|fs$|path$|jose$|pino$|yaml$)/), []);
  assert.deepEqual(offenders(core, /\bprocess\./), []);
});

test("keys, YAML and logs have one room: jose, yaml and pino are imported in host/ alone", () => {
  const others = shipped.filter((file) => file.project.startsWith("packages/") && file.folder !== "host");
  assert.deepEqual(importing(others, /^(jose|yaml|pino)$/), []);
});

test("tfjs is used in engine/, model/, loss/ and training/ of ace-core and nowhere else in what is shipped", () => {
  const others = shipped.filter(
    (file) =>
      file.project.startsWith("packages/") &&
      !(file.project === "packages/ace-core" && /^(engine|model|loss|training)$/.test(file.folder)),
  );
  assert.deepEqual(importing(others, /@tensorflow\//), []);
});

test("nifti-reader-js is used in one folder", () => {
  const others = shipped.filter((file) => !file.path.startsWith("packages/site-client/src/archive/"));
  assert.deepEqual(importing(others, /nifti-reader-js/), []);
});

test("what a site says to its coordinator goes through outbound/ alone", () => {
  const site = shipped.filter((file) => file.project === "packages/site-client" && file.folder !== "outbound");
  assert.deepEqual(offenders(site, /socket\w*\.(emit|emitWithAck|timeout|send)\(/i), []);
  const others = site.filter((file) => file.folder !== "transport");
  assert.deepEqual(offenders(others, /\bopenLine\b|from "socket\.io-client"/), []);
});

test("the site's training process has no way to the network", () => {
  const workers = shipped.filter((file) => /site-client\/src\/.*worker\.ts$/.test(file.path)).map((file) => file.path);
  assert.notEqual(workers.length, 0);
  const { packages } = runtimeClosure(files, workers);
  assert.deepEqual(
    [...packages].filter((name) => /^(socket\.io|node:(https?|net|tls|dgram|dns|http2)|ws$|undici)/.test(name)),
    [],
  );
});

test("no file is longer than 300 lines, tests included", () => {
  assert.deepEqual(
    files.filter((file) => file.text.split("\n").length > 301).map((file) => file.path),
    [],
  );
});

test("nothing is left undone or silenced", () => {
  const marks = new RegExp(["TO" + "DO", "FIX" + "ME", "@ts-" + "ignore", "@ts-" + "nocheck"].join("|"));
  assert.deepEqual(
    files.filter((file) => marks.test(file.text)).map((file) => file.path),
    [],
  );
  const tests = files.filter((file) => file.isTest);
  assert.deepEqual(offenders(tests, /^\s*(test|it|describe)\.only\(/), []);
});

test("every test file asserts something", () => {
  const silent = files.filter((file) => file.path.endsWith(".test.ts") && !/\bassert\b|[a-z]Suite\(/.test(file.text));
  assert.deepEqual(
    silent.map((file) => file.path),
    [],
  );
});

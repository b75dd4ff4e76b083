import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { UNPACK } from "./python-scripts.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
const skip = spawnSync("python3", ["-c", ""]).status === 0 ? false : "python3 cannot be run here";

/** Makes a wheel or a tar archive of the names given, each holding its own name; `a -> b` is a link. */
const MAKE = `
import io, sys, tarfile, zipfile
path, names = sys.argv[1], sys.argv[2:]
if path.endswith(".whl"):
    with zipfile.ZipFile(path, "w") as z:
        for name in names: z.writestr(name, name)
else:
    with tarfile.open(path, "w:gz") as t:
        for name in names:
            name, _, target = name.partition(" -> ")
            info = tarfile.TarInfo(name)
            if target: info.type, info.linkname = tarfile.SYMTYPE, target
            else: info.size = len(name)
            t.addfile(info, io.BytesIO(name.encode()))
`;

function unpacked(file: string, ...names: string[]): { libraries: string[]; headers: string[]; folder: string } {
  const folder = mkdtempSync(join(root, "unpacked-"));
  const [archive, libraries, headers] = [file, "lib", "include"].map((name) => join(folder, name));
  assert.ok(archive !== undefined && libraries !== undefined && headers !== undefined);
  execFileSync("python3", ["-c", MAKE, archive, ...names]);
  for (const path of [libraries, headers]) mkdirSync(path);
  execFileSync("python3", ["-c", UNPACK, archive, libraries, headers]);
  const below = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return { libraries: below(libraries), headers: below(headers).filter((name) => name.endsWith(".h")), folder };
}

test("of a wheel the libraries and the headers of the C interface are unpacked, and nothing else", { skip }, () => {
  const { libraries, headers, folder } = unpacked(
    "t.whl",
    "tensorflow/libtensorflow_cc.so.2",
    "tensorflow/libtensorflow_framework.so.2",
    "tensorflow/python/libtensorflow_other.so",
    "tensorflow/include/tensorflow/c/c_api.h",
    "tensorflow/include/tsl/platform/ctstring.h",
    "tensorflow/include/external/big.h",
    "tensorflow/__init__.py",
  );
  assert.deepEqual(libraries, ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]);
  assert.deepEqual(headers, ["tensorflow/c/c_api.h", "tsl/platform/ctstring.h"]);
  assert.equal(readFileSync(join(folder, "lib", "libtensorflow_cc.so.2"), "utf8"), "tensorflow/libtensorflow_cc.so.2");
});

test("of an archive of libtensorflow too, with the links between its libraries", { skip }, () => {
  const { libraries, headers, folder } = unpacked(
    "t.tar.gz",
    "./lib/libtensorflow.so.2.18.0",
    "./lib/libtensorflow.so.2 -> libtensorflow.so.2.18.0",
    "./include/tensorflow/c/c_api.h",
  );
  assert.deepEqual(libraries, ["libtensorflow.so.2", "libtensorflow.so.2.18.0"]);
  assert.deepEqual(headers, ["tensorflow/c/c_api.h"]);
  assert.equal(readFileSync(join(folder, "lib", "libtensorflow.so.2"), "utf8"), "./lib/libtensorflow.so.2.18.0");
});

test("no name or link leads out of the folder", { skip }, () => {
  for (const file of ["t.whl", "t.tar.gz"]) {
    const { libraries, headers, folder } = unpacked(
      file,
      "lib/libtensorflow.so.2/../../../escaped.so",
      "include/tensorflow/c/../../../../escaped.h",
      "/include/tensorflow/c/absolute.h",
      "lib/libtensorflow.so.2 -> ../../../etc/passwd",
    );
    assert.deepEqual([libraries, headers], [[], []]);
    assert.deepEqual(readdirSync(folder).sort(), ["include", "lib", file]);
  }
});

test("what is no archive ends with an error that says so", { skip }, () => {
  const file = join(root, "page.whl");
  writeFileSync(file, "<html>404</html>");
  const { status, stderr } = spawnSync("python3", ["-c", UNPACK, file, root, root], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /Error: /);
});

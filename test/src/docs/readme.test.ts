import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { CORE_ERRORS, EXIT_CODES } from "@fedace/ace-core/foundation";
import { labelMapSchema, labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { parsePlan } from "@fedace/ace-core/protocol";
import { ROOT } from "../architecture/source-graph.js";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const BINS: Readonly<Record<string, string>> = {
  "fedace-coordinator": "packages/coordinator/bin/fedace-coordinator.js",
  "fedace-site": "packages/site-client/bin/fedace-site.js",
};

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    (match) => match[1] ?? "",
  );
}

const commands = blocks("sh")
  .flatMap((block) => block.split("\n"))
  .map((line) => line.trim().split(/\s+/))
  .filter(([program]) => program !== undefined && program in BINS);

test("README shows commands of both programs", () => {
  assert.deepEqual([...new Set(commands.map(([program]) => program))].sort(), Object.keys(BINS).sort());
});

for (const [program = "", ...words] of commands) {
  const path = words.slice(0, words.findIndex((word) => !/^[a-z]+$/.test(word)) >>> 0);
  // `join INVITATION`, `check ARCHIVE`: where the argument looks like a command, help takes the first word.
  const verbs = ["site", "run", "model", "audit", "engine"].includes(path[0] ?? "")
    ? path.slice(0, 2)
    : path.slice(0, 1);
  const flags = words.filter((word) => word.startsWith("--"));

  test(`README: ${program} ${verbs.join(" ")} knows ${flags.join(" ") || "its arguments"} and shows an example`, async () => {
    const bin = join(ROOT, BINS[program] ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [bin, ...verbs, "--help"]);
    assert.deepEqual(
      flags.filter((flag) => !stdout.includes(flag)),
      [],
      stdout,
    );
    assert.match(stdout, /Example/i);
  });
}

test("README's plan is a plan, and its label map resolves against it", () => {
  const [plan, labels] = blocks("yaml").map((text) => parse(text) as unknown);
  const parsed = parsePlan(plan);
  assert.equal(parsed.quorum.deadline, 30 * 60_000);
  const map = resolveLabelMap(labelMapSchema.parse(labels), labelSpace(parsed.classes));
  assert.deepEqual(map.values, [0, 1, 2, 3, 9]);
});

test("README's npm commands are scripts of the workspace", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const used = [...readme.matchAll(/npm (?:run (\w+)|(test))/g)].map((match) => match[1] ?? match[2] ?? "");
  assert.deepEqual(
    used.filter((name) => !(name in scripts)),
    [],
  );
});

for (const bin of Object.values(BINS)) {
  test(`${bin} says what to do in a checkout that is not built`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "fedace-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "package.json"), '{"type": "module"}');
    await copyFile(join(ROOT, bin), join(folder, "bin", "program.js"));
    const run = promisify(execFile)(process.execPath, [join(folder, "bin", "program.js"), "--help"]);
    const { cause, remedy, exit } = CORE_ERRORS.PROGRAM_NOT_BUILT;
    const lines = /^error PROGRAM_NOT_BUILT: .*\nnext: (.*)\n$/;
    await assert.rejects(run, (error: { code: number; stderr: string }) => {
      assert.equal(error.code, EXIT_CODES[exit], cause);
      assert.equal(lines.exec(error.stderr)?.[1], remedy);
      return true;
    });
  });
}

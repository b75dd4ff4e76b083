/**
 * Runs every compiled `*.test.js` of the workspace with Node's test runner, or those whose path contains one of the
 * words given: `node test/dist/run-tests.js e2e`. Prints failures in full, one line per file otherwise, and ends with
 * `N passed, N failed`.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "node:test";
import { inspect } from "node:util";

/** Longest that one file may take; the end-to-end files train real networks. */
const FILE_TIMEOUT_MS = 15 * 60_000;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGES = ["packages/ace-core", "packages/site-client", "packages/coordinator", "deploy", "test"];

function testFiles(words: readonly string[]): string[] {
  return PACKAGES.flatMap((folder) =>
    readdirSync(join(ROOT, folder, "dist"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.js"))
      .map((name) => join(ROOT, folder, "dist", name)),
  )
    .filter((file) => words.length === 0 || words.some((word) => relative(ROOT, file).includes(word)))
    .sort();
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const files = testFiles(process.argv.slice(2));
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const perFile = new Map<string, Tally>();
const failures: string[] = [];
const skips: string[] = [];

function tallyOf(file: string): Tally {
  const known = perFile.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
  perFile.set(file, known);
  return known;
}

/** The runner reports each file as a test of its own, and each suite; only what has an assertion counts. */
function isLeaf(event: { name: string; details: { type?: string | undefined } }): boolean {
  return event.details.type !== "suite" && !event.name.endsWith(".test.js");
}

const started = process.hrtime.bigint();
const stream = run({ files, concurrency: Math.min(2, availableParallelism()), timeout: FILE_TIMEOUT_MS });
stream.on("test:pass", (event) => {
  if (!isLeaf(event)) return;
  const tally = tallyOf(event.file ?? "");
  if (event.skip !== undefined && event.skip !== false) {
    tally.skipped += 1;
    skips.push(`${event.name}: ${event.skip === true ? "no reason given" : event.skip}`);
  } else tally.passed += 1;
});
stream.on("test:fail", (event) => {
  if (event.details.type === "suite") return;
  const wholeFile = event.name.endsWith(".test.js");
  // A file fails as a whole when one of its tests did, which is counted there, or when it could not run at all.
  const cause = event.details.error.cause;
  if (wholeFile && (perFile.get(event.file ?? "")?.failed ?? 0) > 0) return;
  tallyOf(event.file ?? "").failed += 1;
  failures.push(`✖ ${relative(ROOT, event.file ?? "")} › ${event.name}\n${inspect(cause).replace(/^/gm, "    ")}`);
});
stream.on("test:stderr", (event) => {
  process.stderr.write(event.message);
});
stream.on("end", () => {
  for (const [file, tally] of [...perFile].sort(([a], [b]) => a.localeCompare(b))) {
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
    console.log(
      `${tally.failed > 0 ? "✖" : "✔"} ${relative(ROOT, file)}: ${tally.passed} passed, ${tally.failed} failed${skipped}`,
    );
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  for (const failure of failures) console.log(`\n${failure}`);
  if (skips.length > 0) console.log(`\nSkipped:\n${skips.map((line) => `  ${line}`).join("\n")}`);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`\n${files.length} files in ${seconds.toFixed(0)} s, ${total.skipped} skipped`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
});
stream.resume();

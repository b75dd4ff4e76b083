import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT_CODES } from "@fedace/ace-core/foundation";
import { main } from "./main.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
// Of all engines the one that runs everywhere: no libtensorflow, no Vulkan driver.
process.env["FEDACE_CACHE"] = root;
process.env["VK_ICD_FILENAMES"] = join(root, "none.json");
after(() => {
  rmSync(root, { recursive: true, force: true });
});

const planFile = (name: string, training: string): string => {
  const path = join(root, name);
  const head = "name: trial\nclasses: [background, WM]\ninputs: [T1w]\nspacing: [2, 2, 2]\nrounds: 1\n";
  writeFileSync(path, `${head}model: { preset: tiny }\ntraining: ${training}\n`);
  return path;
};

async function list(...options: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(["engine", "list", ...options], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    screen: { out: false, err: false },
    env: process.env,
    interrupted: new AbortController().signal,
  });
  return { code, out, err };
}

interface Listed {
  readonly engines: readonly { readonly name: string; readonly step?: Readonly<Record<string, unknown>> }[];
}
const stepOf = (out: string): Readonly<Record<string, unknown>> | undefined =>
  (JSON.parse(out) as Listed).engines.find(({ name }) => name === "wasm")?.step;

test("engine list --plan measures time and memory of a step of the plan", async () => {
  const { code, out } = await list("--json", "--plan", planFile("small.yaml", "{ patch: [8, 8, 8], batch: 2 }"));
  assert.equal(code, EXIT_CODES.ok);
  const step = stepOf(out);
  assert.ok(Number(step?.["seconds"]) > 0);
  // At least the volumes of the first level; at most the whole process.
  assert.ok(Number(step?.["peakBytes"]) > 4 * 2 * 8 ** 3 * 4 * 4);
  assert.ok(Number(step?.["processBytes"]) > Number(step?.["peakBytes"]));
  const spoken = await list("--plan", join(root, "small.yaml"));
  assert.match(spoken.out, /wasm: \d+ threads?, .*SIMD\n {2}a step of this plan: [\d.]+ s, [\d.]+ [KMG]iB of tensors/);
  assert.equal(spoken.err, "measuring a training step on wasm\n");
});

test("engine list --plan says what would fit in place of a plan that does not", async () => {
  const { code, out } = await list("--plan", planFile("large.yaml", "{ patch: [256, 256, 256], batch: 7 }"));
  assert.equal(code, EXIT_CODES.ok);
  assert.match(
    out,
    /a step of this plan: PLAN_MEMORY, .*about \d+ MiB.*\n {2}next: This would fit: .*training.batch: \d/,
  );
});

test("a plan that cannot be read, is no YAML or no plan has its code", async () => {
  const broken = join(root, "broken.yaml");
  writeFileSync(broken, "name: [");
  for (const [path, code] of [
    [join(root, "none.yaml"), "FILE_UNREADABLE"],
    [broken, "PLAN_FILE"],
    [planFile("unknown.yaml", "{ patches: 3 }"), "PLAN_INVALID"],
  ] as const) {
    const ran = await list("--plan", path);
    assert.match(ran.err, new RegExp(`^error ${code}: `));
    assert.equal(ran.code, EXIT_CODES.input);
  }
});

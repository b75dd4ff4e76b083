import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { AS_ANYBODY, inProcess } from "./anybody.js";
import { compiled } from "./small-disk.js";

/**
 * As root, these run under an account that owns nothing, on folders that are root's; as anybody else, on folders of
 * their own that they may not enter or write, which is as close as such an account can come.
 */
const OTHERS = process.getuid?.() === 0 ? 0o700 : 0o000;
const READ_ONLY = 0o555;

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "fedace-"));
  chmodSync(folder, 0o755);
  t.after(() => {
    // Whoever may not enter a folder cannot remove what is in it.
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o700);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function madeFolder(t: TestContext, name: string, mode: number, file?: string): string {
  const folder = join(freshFolder(t), name);
  mkdirSync(folder);
  if (file !== undefined) writeFileSync(join(folder, file), "");
  chmodSync(folder, mode);
  return folder;
}

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

function refusal(imports: string, call: string): Refusal {
  const said = inProcess(
    "packages/site-client",
    `${imports}
    ${AS_ANYBODY}
    const attempt = async () => { ${call} };
    const error = await attempt().then(() => ({ code: "nothing was refused" }), (error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message, remedy: error.remedy }));`,
  ) as Refusal;
  assert.notEqual(said.remedy, "");
  return said;
}

const archive = compiled("packages/site-client/dist/archive/index.js");

test("predict into a folder without write permission is refused before the work", (t) => {
  const folder = madeFolder(t, "locked", READ_ONLY);
  const { code, message } = refusal(
    `import { predict } from ${compiled("packages/site-client/dist/predict/index.js")};`,
    `const probabilities = () => { throw new Error("the work was begun"); };
     const model = { classes: ["background", "WM"], inputs: ["T1w"], spacing: [2, 2, 2], probabilities };
     await predict({ model, inputs: new Map([["T1w", "t1.nii"]]), out: ${JSON.stringify(join(folder, "out.nii"))} });`,
  );
  assert.equal(code, "FILE_UNWRITABLE");
  assert.match(message, /locked/);
});

test("a result that this account may not write says so", (t) => {
  const path = join(madeFolder(t, "locked", READ_ONLY), "a.txt");
  const { code, message } = refusal(
    `import { writeWhole } from ${archive};`,
    `await writeWhole(${JSON.stringify(path)}, "x");`,
  );
  assert.equal(code, "FILE_UNWRITABLE");
  assert.match(message, /account/);
});

test("an image that this account may not read says so", (t) => {
  const path = join(freshFolder(t), "locked.nii");
  writeFileSync(path, "never read");
  chmodSync(path, OTHERS & 0o600);
  const { code, message } = refusal(
    `import { readNifti } from ${compiled("packages/site-client/dist/archive/nifti/index.js")};`,
    `await readNifti(${JSON.stringify(path)});`,
  );
  assert.equal(code, "FILE_UNREADABLE");
  assert.match(message, /this account/);
});

test("a site's data folder that cannot be written is refused with its path", (t) => {
  const folder = madeFolder(t, "site-data", READ_ONLY);
  const { code, message } = refusal(
    `import { openDataFolder } from ${compiled("packages/site-client/dist/identity/index.js")};`,
    `openDataFolder(${JSON.stringify(folder)});`,
  );
  assert.equal(code, "DATA_FOLDER_NOT_WRITABLE");
  assert.match(message, /site-data/);
});

/** What a program says to `argv`, with --json. */
function said(workspace: string, argv: readonly string[]): { code: number; error: string; message: string } {
  const { code, err } = inProcess(
    workspace,
    `import { main } from ${compiled(`${workspace}/dist/index.js`)};
    ${AS_ANYBODY}
    let err = "";
    const terminal = { out: () => undefined, err: (text) => { err += text; }, screen: { out: false, err: false }, env: {},
      interrupted: new AbortController().signal };
    const code = await main(${JSON.stringify([...argv, "--json"])}, terminal);
    console.log(JSON.stringify({ code, err }));
    process.exit();`,
  ) as { code: number; err: string };
  return { code, ...(JSON.parse(err) as { error: string; message: string; next: string }) };
}

test("a coordinator's data folder of another account is not taken for an empty one", (t) => {
  const folder = madeFolder(t, "coordinator-data", OTHERS, "coordinator.db");
  for (const argv of [
    ["site", "list"],
    ["serve", "--port", "0"],
    ["init", "--url", "https://localhost:8443"],
  ]) {
    const { error, message } = said("packages/coordinator", [...argv, "--data", folder]);
    assert.equal(error, "DATA_FOLDER_NOT_WRITABLE", argv.join(" "));
    assert.match(message, /coordinator-data/);
  }
});

test("a site's data folder of another account is not taken for one that has not joined", (t) => {
  const folder = madeFolder(t, "site-data", OTHERS, "registration.json");
  const serve = ["serve", "--archive", freshFolder(t), "--kind", "tissue", "--data", folder];
  for (const argv of [serve, ["receipts", "--data", folder]]) {
    const { error, message } = said("packages/site-client", argv);
    assert.match(error, /^DATA_FOLDER_(NOT_WRITABLE|UNREADABLE)$/, argv.join(" "));
    assert.match(message, /site-data/);
  }
});

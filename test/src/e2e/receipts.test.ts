import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Evaluation } from "@fedace/ace-core/protocol";
import { House } from "./house.js";

const SITE = fileURLToPath(new URL("../../../packages/site-client/bin/fedace-site.js", import.meta.url));

/** Loaded before the site: ends its process where it would write the receipt of a counted update. */
const KILLED_AT_RECEIPT = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const write = fs.writeFileSync;
fs.writeFileSync = (file, data, ...rest) => {
  if (String(data).includes('"kind":"counted"')) process.kill(process.pid, "SIGKILL");
  write(file, data, ...rest);
};
syncBuiltinESMExports();
`;

function kinds(house: House): string[] {
  return readFileSync(join(house.data("alone"), "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
}

test("a site killed between the coordinator's answer and its own receipt writes the receipt when it is back", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  await house.run({ rounds: 2 });
  const preload = join(house.dir, "killed-at-receipt.mjs");
  writeFileSync(preload, KILLED_AT_RECEIPT);
  const served = ["serve", "--data", house.data("alone"), "--archive", house.archive, "--kind", "tissue"];
  const first = spawn(process.execPath, ["--import", preload, SITE, ...served, "--engine", "wasm", "--threads", "1"], {
    stdio: "ignore",
  });
  t.after(() => first.kill("SIGKILL"));
  const [, signal] = (await once(first, "exit")) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  assert.deepEqual(
    kinds(house),
    ["manifest", "update"],
    "the coordinator has counted what the ledger does not know of",
  );

  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^final score: scored/);
  await site.stop();
  assert.equal(console.count(/^round 1 of 2: uploaded .* and counted/), 1);
  assert.equal(console.count(/^round 1 of 2: trained/), 0, "nothing is trained again");
  assert.deepEqual(kinds(house), ["manifest", "update", "counted", "update", "counted", "evaluation"]);
});

test("a site gives figures of no fewer cases than it allows: none is sent, none is in the receipts, the table says withheld", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const run = await house.run();
  const { site, console } = house.site("alone", undefined, undefined, undefined, 50);
  await site.start();
  await console.until(/^final score: scored/);
  await site.stop();
  const entries = readFileSync(join(house.data("alone"), "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { kind: string; what: { evaluation?: object; numbers?: { evaluation: object } } },
    );
  const evaluations = entries.flatMap(({ what }) => what.evaluation ?? what.numbers?.evaluation ?? []);
  assert.equal(evaluations.length, 2, "one with the update, one of the final model");
  for (const evaluation of evaluations) {
    const { cases, dice, withheld, ...more } = evaluation as Evaluation;
    assert.ok(cases > 0 && cases < 50);
    assert.deepEqual(dice, { background: null, CSF: null, GM: null, WM: null });
    assert.deepEqual(withheld?.dice, ["CSF", "GM", "WM"]);
    assert.deepEqual(more, {}, "neither metrics nor how cases differ");
  }
  const shown = (await house.coordinator("run", "show", run)).out;
  assert.match(shown, /^ {2}CSF {4}withheld {2}withheld$/m);
  assert.match(shown, /^CSF is withheld by alone: /m);
});

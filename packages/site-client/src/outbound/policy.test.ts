import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS, SITE_MESSAGES } from "@fedace/ace-core/protocol";
import type { SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import { admit } from "./policy.js";
import { numbers, sha256, GOOD, vocabulary, refused } from "./outbound.test.helper.js";

test("every message of the protocol passes when its words are known", () => {
  for (const name of Object.keys(SITE_MESSAGES) as SiteMessageName[]) {
    assert.deepEqual(admit(name, GOOD[name], vocabulary()), GOOD[name]);
  }
});

test("default deny: an unknown message, a missing or additional key, at any depth, does not pass", () => {
  const words = vocabulary();
  assert.throws(() => admit("everything" as SiteMessageName, GOOD.decline, words), refused);
  assert.throws(() => admit("toString" as SiteMessageName, GOOD.decline, words), refused);
  for (const name of Object.keys(SITE_MESSAGES) as SiteMessageName[]) {
    assert.throws(
      () => admit(name, { ...GOOD[name], done: 1, cases: 1, offset: 1, code: "PLAN_MEMORY" } as never, words),
      refused,
    );
    for (const missing of Object.keys(GOOD[name])) {
      const rest = Object.fromEntries(Object.entries(GOOD[name]).filter(([field]) => field !== missing));
      assert.throws(() => admit(name, rest as never, words), refused, `${name} without ${missing}`);
    }
  }
  const deep = { ...GOOD["update.begin"], numbers: { ...numbers, subject: 3 } };
  assert.throws(() => admit("update.begin", deep as never, words), refused);
});

test("a word that nobody allowed does not pass, wherever it stands, and the error does not repeat it", () => {
  const secret = "Mueller-Anna";
  const words = vocabulary();
  const tries: [SiteMessageName, object][] = [
    ["manifest", { ...GOOD.manifest, inputs: ["T1w", secret] }],
    ["manifest", { ...GOOD.manifest, engine: secret }],
    ["manifest", { ...GOOD.manifest, software: secret }],
    ["manifest", { ...GOOD.manifest, labels: { values: { "1": [secret] } } }],
    ["update.begin", { ...GOOD["update.begin"], numbers: { ...numbers, voxels: { [secret]: 1 } } }],
    ["evaluation", { ...GOOD.evaluation, evaluation: { cases: 1, dice: { [secret]: 0.5 } } }],
    ["decline", { ...GOOD.decline, code: "MUELLER_ANNA" }],
    ["decline", { ...GOOD.decline, run: "mueller-anna" }],
    ["update.begin", { ...GOOD["update.begin"], run: sha256 }],
    ["progress", { ...GOOD.progress, run: "/data/sub-01" }],
  ];
  for (const [name, payload] of tries) {
    assert.throws(
      () => admit(name, payload as never, words),
      (error: Error & { code?: string }) =>
        error.code === "OUTBOUND_REFUSED" && !/mueller|anna|sub-01/i.test(error.message),
    );
  }
});

test("bytes pass as the data of a chunk and up to the chunk's size only", () => {
  const chunk = (length: number): SiteMessage<"update.chunk"> => ({
    ...GOOD["update.chunk"],
    data: new Uint8Array(length),
  });
  assert.doesNotThrow(() => admit("update.chunk", chunk(LIMITS.chunkBytes), vocabulary()));
  assert.throws(() => admit("update.chunk", chunk(LIMITS.chunkBytes + 1), vocabulary()), refused);
  assert.throws(() => admit("update.chunk", chunk(0), vocabulary()), refused);
});

test("metrics pass by the names of the table alone, of classes that are known, within the table's bounds", () => {
  const words = vocabulary();
  const evaluation = (metrics: object): never =>
    ({ ...GOOD.evaluation, evaluation: { cases: 1, dice: {}, metrics } }) as never;
  for (const good of [{}, { hd95: { CSF: 3 } }, { falseVolume: { lesion: 0 }, falseVolumeShare: { lesion: 1 } }]) {
    assert.doesNotThrow(() => admit("evaluation", evaluation(good), words));
  }
  for (const bad of [
    { age: { CSF: 3 } },
    { hd95: { "Mueller-Anna": 3 } },
    { hd95: { CSF: -1 } },
    { falseVolumeShare: { CSF: 1.1 } },
    { hd95: { CSF: Infinity } },
    { dice: { CSF: 1 } },
  ]) {
    assert.throws(() => admit("evaluation", evaluation(bad), words), refused, JSON.stringify(bad));
  }
});

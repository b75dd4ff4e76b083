import assert from "node:assert/strict";
import test from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { briefPlan, parsePlan } from "@fedace/ace-core/protocol";
import { openSqlite } from "../store/index.js";
import { findRun, insertRun, joinedSites, listRuns, migrate, noteInvited, registerKey } from "./index.js";
import {
  SCORED_METRICS,
  DICE,
  KEY,
  LABELS,
  MANIFEST,
  NUMBERS,
  PLAN,
  PROGRESS,
  STATE,
  STRATEGY_STATE,
} from "./shapes.js";
import { decode, encode } from "./stored.js";
import type { Shape } from "./stored.js";

/**
 * What 0.1.0 has written into each column, as it stands in its databases: version 0; and what it is today where
 * that is something else. Add samples, never change one.
 */
const VERSION_0: readonly (readonly [shape: Shape<unknown>, text: string, today?: unknown])[] = [
  [
    PLAN,
    `{"name":"two-sites","classes":["background","CSF","GM","WM","lesion"],"inputs":["T1w","FLAIR"],"spacing":[2,2,2],"model":{"preset":"tiny"},"loss":"ace-dice","training":{"patch":[8,8,8],"batch":1,"steps":1,"optimizer":"sgd","momentum":0.9,"schedule":"constant","sampling":"by-class","augmentation":true,"proximal":0,"clipNorm":0,"checkpointing":false,"precision":"float32","holdout":0.15},"aggregation":{"strategy":"fedavg","weighting":"cases","head":"average"},"rounds":2,"quorum":{"sites":2,"perClass":1,"deadline":3600000},"seed":0}`,
    // What it did then: methods that came later are off.
    JSON.parse(
      `{"name":"two-sites","classes":["background","CSF","GM","WM","lesion"],"inputs":["T1w","FLAIR"],"spacing":[2,2,2],"model":{"preset":"tiny"},"loss":"ace-dice","training":{"patch":[8,8,8],"batch":1,"steps":1,"optimizer":"sgd","momentum":0.9,"schedule":"constant","sampling":"by-class","augmentation":true,"intensity":"mild","dropInputs":0,"proximal":0,"correction":"off","absentPrior":0,"clipNorm":0,"checkpointing":false,"precision":"float32","holdout":0.15},"aggregation":{"strategy":"fedavg","momentum":0.5,"serverRate":1,"weighting":"cases","head":"average","average":{"kind":"none","decay":0.6}},"rounds":2,"quorum":{"sites":2,"perClass":1,"deadline":3600000},"seed":0}`,
    ),
  ],
  [
    STATE,
    `{"stage":{"kind":"collecting","round":1,"model":{"sha256":"${"0".repeat(64)}","bytes":100},"deadline":1790000000000,"assigned":["lesion","tissue"],"counted":[],"declined":{}},"hold":null}`,
  ],
  [STATE, `{"stage":{"kind":"created","refusal":null},"hold":null}`],
  [
    STATE,
    `{"stage":{"kind":"waiting","since":1790000000000},"hold":null}`,
    { stage: { kind: "waiting", since: 1790000000000, problem: null }, hold: null },
  ],
  [MANIFEST, `{"software":"0.1.0","labels":{"kind":"tissue"},"inputs":["T1w","FLAIR"],"cases":8,"engine":"wasm"}`],
  [KEY, `{"kty":"OKP","crv":"Ed25519","x":"${"A".repeat(43)}"}`],
  [
    NUMBERS,
    `{"cases":8,"voxels":{"CSF":10},"steps":1,"loss":1,"lastLoss":1,"evaluation":{"cases":1,"dice":{"CSF":0.5,"lesion":null}},"seconds":1}`,
  ],
  [LABELS, `{"values":{"0":"rest","1":["CSF"],"9":"ignore"}}`],
  [DICE, `{"CSF":0.5,"lesion":null}`],
  [SCORED_METRICS, `{"hd95":{"CSF":2.5},"falseVolume":{"lesion":0}}`],
  [STRATEGY_STATE, `[{"sha256":"${"0".repeat(64)}","bytes":100}]`],
  [PROGRESS, `{"run":"a","round":1,"phase":"training","done":1,"total":2,"secondsLeft":null}`],
];

const damaged = (error: unknown): boolean => isFedaceError(error, "DATA_FOLDER_DAMAGED");

test("what 0.1.0 stored is read, and is the same after it was written by this version", () => {
  for (const [shape, text, today] of VERSION_0) {
    const value = decode(shape, text);
    assert.deepEqual(decode(shape, encode(shape, value)), value, shape.name);
    const expected: unknown = today ?? JSON.parse(text);
    assert.deepEqual(JSON.parse(JSON.stringify(value)), expected, shape.name);
  }
});

test("each flipped bit of a stored value is noticed", () => {
  for (const [shape, text] of VERSION_0) {
    const stored = Buffer.from(encode(shape, decode(shape, text)));
    for (let at = 0; at < stored.length; at++) {
      const flipped = Buffer.from(stored);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const noticed = (error: unknown): boolean => isFedaceError(error, "DATA_FOLDER_DAMAGED", "DATABASE_NEWER");
      assert.throws(() => decode(shape, flipped.toString()), noticed, `${shape.name}, byte ${at}`);
    }
  }
});

test("a value of a newer version is refused by code, and older ones go through every step since", () => {
  const shape: Shape<number> = {
    name: "number",
    migrations: [(value) => Number(value) + 1, (value) => Number(value) * 10],
    parse: (value) => Number(value),
  };
  assert.equal(decode(shape, "1"), 20);
  const older = encode({ ...shape, migrations: shape.migrations.slice(0, 1) }, 2);
  assert.equal(decode(shape, older), 20);
  const newer = encode({ ...shape, migrations: [...shape.migrations, ...shape.migrations] }, 2);
  assert.throws(
    () => decode(shape, newer),
    (error) => isFedaceError(error, "DATABASE_NEWER"),
  );
});

test("a damaged row harms its own run or site alone", async () => {
  const database = openSqlite(":memory:");
  await migrate(database);
  const plan = decode(PLAN, VERSION_0[0]?.[1] ?? "");
  const state = decode(STATE, VERSION_0[1]?.[1] ?? "");
  for (const id of ["good", "bad"]) {
    await insertRun(database, { id, createdAt: 1, updatedAt: 1, plan, sites: null, state });
    await noteInvited(database, id, 1);
    await registerKey(database, id, decode(KEY, VERSION_0[5]?.[1] ?? ""), 1);
  }
  await database.run(`UPDATE runs SET state = replace(state, 'lesion', 'lesiom') WHERE id = 'bad'`);
  await database.run(`UPDATE sites SET public_key = replace(public_key, 'AAAA', 'AAAB') WHERE name = 'bad'`);
  const { runs, damaged: broken } = await listRuns(database);
  assert.deepEqual(
    [runs.map(({ id }) => id), broken.map(({ id, error }) => [id, error.code])],
    [["good"], [["bad", "DATA_FOLDER_DAMAGED"]]],
  );
  await assert.rejects(findRun(database, "bad"), damaged);
  const sites = await joinedSites(database);
  assert.deepEqual(
    sites.map(({ name, key, damaged: broken }) => [name, key === null, broken]),
    [
      ["bad", true, true],
      ["good", false, false],
    ],
  );
});

test("a plan that asks for nothing new is told to sites and in cards as 0.1.0 wrote it, and is the same when read again", () => {
  const text = VERSION_0[0]?.[1] ?? "";
  const plan = decode(PLAN, text);
  assert.deepEqual(JSON.parse(JSON.stringify(briefPlan(plan))), JSON.parse(text), "an older site's schema is strict");
  const newer = parsePlan({ ...plan, training: { ...plan.training, correction: "control-variates", absentPrior: 2 } });
  const told = JSON.parse(JSON.stringify(briefPlan(newer))) as { training: object };
  assert.deepEqual(parsePlan(told), newer);
  assert.ok("absentPrior" in told.training && !("dropInputs" in told.training));
});

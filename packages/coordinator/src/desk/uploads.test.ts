import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { METRICS } from "@fedace/ace-core/metrics";
import { LIMITS } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import { OF_MODEL, OF_PAST } from "../rounds/index.js";
import { greet, scene } from "../testing/federation.js";
import { ask, nextEvent } from "../testing/site.js";
import { download, manifest, nextAssignment, numbers, sha256, trained, upload } from "../testing/worker.js";

const counted = { ok: true, value: { counted: true } };
const refusal = (code: string, more: object = {}): object => ({ ok: false, rejection: { code, ...more } });

/** All voxels in one bin. */
const JOINT = Array.from({ length: 256 }, (_, bin) => (bin === 0 ? 10_000 : 0));

test("updates that are damaged, foreign, not finite or beyond the bound are refused, and the next one counts", async (t) => {
  const { coordinator, tissue, assignment, model } = await scene(t);
  const { socket } = tissue;
  const { weights } = decodeSafetensors(model);
  const changed = (index: number, value: number): Uint8Array => {
    const data = weights.data.slice();
    data[index] = value;
    return encodeSafetensors({ specs: weights.specs, data });
  };
  const last = weights.data.length - 1;
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    assert.deepEqual(await upload(socket, assignment, changed(last, value)), refusal("UPDATE_NOT_FINITE"));
  }
  const most = OF_MODEL * Math.hypot(...weights.data);
  assert.deepEqual(await upload(socket, assignment, changed(0, most * 1.1)), refusal("UPDATE_NORM"));
  const reversed = encodeSafetensors({ specs: [...weights.specs].reverse(), data: weights.data });
  assert.deepEqual(await upload(socket, assignment, reversed), refusal("UPDATE_LAYOUT"));
  assert.deepEqual(await upload(socket, assignment, model.fill(1, 8, 40)), refusal("UPDATE_LAYOUT"), "no header");
  assert.deepEqual(await upload(socket, assignment, trained(await download(socket, assignment), 1)), counted);
  const codes = (await coordinator.audit())
    .filter(({ event }) => event === "refused")
    .map(({ fields }) => fields["code"]);
  assert.deepEqual(codes, [
    "UPDATE_NOT_FINITE",
    "UPDATE_NOT_FINITE",
    "UPDATE_NOT_FINITE",
    "UPDATE_NORM",
    "UPDATE_LAYOUT",
    "UPDATE_LAYOUT",
  ]);
});

test("announcements that cannot be true are refused before a byte is sent", async (t) => {
  const { tissue, assignment, model, run } = await scene(t);
  const { socket } = tissue;
  const begin = (changes: object): Promise<unknown> =>
    ask(socket, "update.begin", {
      run,
      round: assignment.round,
      sha256: sha256(model),
      bytes: model.byteLength,
      numbers: numbers(),
      ...changes,
    });
  assert.deepEqual(await begin({ bytes: 16 }), refusal("UPDATE_LAYOUT"));
  assert.deepEqual(await begin({ bytes: model.byteLength + LIMITS.headerBytes }), refusal("UPDATE_TOO_LARGE"));
  assert.deepEqual(await begin({ bytes: LIMITS.updateBytes + 1 }), refusal("MESSAGE_MALFORMED"));
  assert.deepEqual(await begin({ run: "another" }), refusal("RUN_UNKNOWN"));
  assert.deepEqual(await begin({ round: 2 }), refusal("ROUND_CLOSED"));
  const scored = (dice: object, cases = 1): object => ({ evaluation: { cases, dice } });
  const impossible = [
    { cases: 0 },
    { cases: 9 },
    { steps: 0 },
    { steps: 2 },
    { voxels: { tumour: 5 } },
    { voxels: { lesion: 5 } },
    { voxels: { CSF: 8 * LIMITS.caseVoxels + 1 } },
    scored({ tumour: 0.5 }),
    scored({ lesion: 0.5 }),
    scored({}, 9),
    ...[
      { hd95: { tumour: 1 } },
      { hd95: { lesion: 1 } },
      { falseVolume: { CSF: 1 } },
      { falseVolumeShare: { WM: 0 } },
      { volumeDifference: { lesion: 1 } },
      { lesionF1: { CSF: 1 } },
      { lesionRecall: { lesion: 1 } },
    ].map((metrics) => ({ evaluation: { cases: 1, dice: {}, metrics } })),
    ...[
      { spread: { dice: { CSF: { cases: 2, deviation: 0 } } } },
      { spread: { hd95: { CSF: { cases: 1, deviation: 0 } } } },
      { withheld: { dice: ["CSF"] } },
      { withheld: { dice: ["lesion"] } },
      { withheld: { falseVolume: ["CSF"] } },
    ].map((more) => ({ evaluation: { cases: 1, dice: { CSF: 0.5 }, ...more } })),
    { images: { distinct: { PET: { cases: 1, bits: 8 } }, pairs: [] } },
    { images: { distinct: { T1w: { cases: 9, bits: 8 } }, pairs: [] } },
    { images: { distinct: {}, pairs: [{ inputs: ["T1w", "T1w"], cases: 1, together: 0, joint: JOINT }] } },
  ];
  for (const changes of impossible) {
    assert.deepEqual(await begin({ numbers: numbers(changes) }), refusal("UPDATE_NUMBERS"), JSON.stringify(changes));
  }
  for (const changes of [
    { loss: Number.NaN },
    { loss: 1e9 },
    { cases: -1 },
    { cases: LIMITS.cases + 1 },
    scored({ CSF: 1.5 }),
    ...[
      { hd95: { CSF: -1 } },
      { hd95: { CSF: METRICS.hd95.most + 1 } },
      { volumeDifference: { CSF: -101 } },
      { falseVolume: { lesion: Infinity } },
      { surprise: { CSF: 1 } },
      { dice: { CSF: 1 } },
    ].map((metrics) => ({ evaluation: { cases: 1, dice: {}, metrics } })),
  ]) {
    assert.deepEqual(await begin({ numbers: numbers(changes) }), refusal("MESSAGE_MALFORMED"), JSON.stringify(changes));
  }
  assert.deepEqual(
    await begin({
      numbers: numbers({ ...scored({ CSF: 0.5, lesion: null }), voxels: { CSF: 8 * LIMITS.caseVoxels } }),
    }),
    {
      ok: true,
      value: { offset: 0 },
    },
  );
});

test("where classes weigh the average, an update that leaves out one that its site annotates is refused", async (t) => {
  for (const weighting of ["classes", "voxels", "cases"]) {
    const aggregation = `{ weighting: ${weighting}, average: { kind: none } }`;
    const { coordinator, tissue, lesion, assignments, model, run } = await scene(t, { aggregation });
    const update = trained(model, 1);
    const [ours, theirs] = [{ CSF: 1, GM: 0, WM: 9 }, { lesion: 0 }];
    if (weighting !== "cases") {
      for (const voxels of [{}, { CSF: 1, GM: 1 }]) {
        const answer = await upload(tissue.socket, assignments.tissue, update, numbers({ voxels }));
        assert.deepEqual(answer, refusal("UPDATE_NUMBERS"));
      }
    }
    const whole = weighting === "cases" ? {} : ours;
    assert.deepEqual(await upload(tissue.socket, assignments.tissue, update, numbers({ voxels: whole })), counted);
    const next = nextAssignment(lesion.socket);
    assert.deepEqual(await upload(lesion.socket, assignments.lesion, update, numbers({ voxels: theirs })), counted);
    assert.equal((await next).round, 2, "the round is averaged");
    await coordinator.run("run", "abort", run, "--yes");
  }
});

test("an upload goes on after a lost connection from the byte where it was", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t);
  const update = trained(model, 1);
  const half = update.slice(0, 5000);
  const begin = { run, round: 1, sha256: sha256(update), bytes: update.byteLength, numbers: numbers() };
  await ask(tissue.socket, "update.begin", begin);
  await ask(tissue.socket, "update.chunk", { run, round: 1, offset: 0, data: half });
  tissue.socket.io.engine.close();

  const back = await greet(coordinator, tissue.site, manifest("tissue"));
  t.after(() => back.socket.disconnect());
  const chunk = { run, round: 1, offset: half.byteLength, data: update.slice(half.byteLength) };
  assert.deepEqual(await ask(back.socket, "update.chunk", chunk), refusal("UPDATE_UNKNOWN"), "begin comes first");
  assert.deepEqual(await ask(back.socket, "update.begin", begin), { ok: true, value: { offset: half.byteLength } });
  assert.deepEqual(
    await ask(back.socket, "update.chunk", { ...chunk, offset: 0, data: half }),
    refusal("UPDATE_OFFSET", { offset: half.byteLength }),
  );
  assert.deepEqual(
    await ask(back.socket, "update.end", { run, round: 1 }),
    refusal("UPDATE_OFFSET", { offset: half.byteLength }),
  );
  assert.equal((await ask(back.socket, "update.chunk", chunk)).ok, true);
  assert.deepEqual(await ask(back.socket, "update.end", { run, round: 1 }), counted);

  const next = nextAssignment(back.socket);
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 1)), counted);
  assert.equal((await next).round, 2);
});

test("another update in place of a begun one starts over; bytes that are not those announced are thrown away", async (t) => {
  const { tissue, assignment, model, run, coordinator } = await scene(t);
  const { socket } = tissue;
  const [first, second] = [trained(model, 1), trained(model, 2)];
  const begin = (update: Uint8Array): object => ({
    run,
    round: 1,
    sha256: sha256(update),
    bytes: update.byteLength,
    numbers: numbers(),
  });
  await ask(socket, "update.begin", begin(first));
  await ask(socket, "update.chunk", { run, round: 1, offset: 0, data: first.slice(0, 100) });
  assert.deepEqual(await ask(socket, "update.begin", begin(second)), { ok: true, value: { offset: 0 } });
  assert.equal((await ask(socket, "update.chunk", { run, round: 1, offset: 0, data: first })).ok, true);
  assert.deepEqual(await ask(socket, "update.end", { run, round: 1 }), refusal("UPDATE_CHECKSUM", { offset: 0 }));
  assert.equal(existsSync(join(coordinator.data, "spool", run, "1", `tissue.${sha256(second)}.safetensors`)), false);
  const beyond = { run, round: 1, offset: 10, data: new Uint8Array(second.byteLength) };
  assert.deepEqual(await ask(socket, "update.chunk", beyond), refusal("UPDATE_TOO_LARGE"));
  assert.deepEqual(await upload(socket, assignment, second), counted);
});

test("an update counts once, whatever is repeated, and its files go when the round is averaged", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t);
  const update = trained(model, 1);
  assert.deepEqual(await upload(tissue.socket, assignment, update), counted);
  assert.deepEqual(await ask(tissue.socket, "update.end", { run, round: 1 }), counted, "the answer may get lost");
  assert.deepEqual(await upload(tissue.socket, assignment, update), refusal("UPDATE_DUPLICATE"));
  assert.deepEqual(await upload(tissue.socket, assignment, trained(model, 5)), refusal("UPDATE_DUPLICATE"));
  const spool = join(coordinator.data, "spool", run, "1");
  assert.equal(statSync(join(spool, `tissue.${sha256(update)}.safetensors`)).size, update.byteLength);
  const next = nextAssignment(tissue.socket);
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 3)), counted);
  const second = decodeSafetensors(await download(tissue.socket, await next)).weights.data;
  const base = decodeSafetensors(model).weights.data;
  assert.ok(second.every((value, k) => Math.abs(value - ((base[k] ?? 0) + 0.02)) < 1e-6));
  assert.deepEqual(await ask(tissue.socket, "update.end", { run, round: 1 }), counted, "of the round before, too");
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 4)), refusal("UPDATE_DUPLICATE"));
  await coordinator.eventually(() => !existsSync(spool));
});

test("a round told to pause takes nothing; resumed it goes on with what was counted", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t);
  assert.deepEqual(await upload(tissue.socket, assignment, trained(model, 1)), counted);
  const closed = nextEvent(lesion.socket, "round.closed");
  assert.equal((await coordinator.run("run", "pause", run)).code, 0);
  assert.deepEqual(await closed, { run, round: 1, reason: "paused" });
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 1)), refusal("ROUND_CLOSED"));
  assert.equal((await coordinator.run("run", "pause", run)).code, 7);
  const again = nextAssignment(lesion.socket);
  assert.equal((await coordinator.run("run", "resume", run)).code, 0);
  const resumed = await again;
  assert.equal(resumed.round, 1);
  const next = nextAssignment(tissue.socket);
  assert.deepEqual(await upload(lesion.socket, resumed, trained(model, 1)), counted);
  assert.equal((await next).round, 2);
  const aborted = nextEvent(tissue.socket, "round.closed");
  assert.equal((await coordinator.run("run", "abort", run)).code, 0);
  assert.deepEqual(await aborted, { run, round: 2, reason: "aborted" });
});

test("a deadline without quorum pauses the run by name; a late update ends the pause", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t, {
    quorum: "{ sites: 2, deadline: 1s }",
  });
  assert.deepEqual(await upload(tissue.socket, assignment, trained(model, 1)), counted);
  const paused = await coordinator.until(run, ({ state }) => state === "paused");
  const { code, message } = paused["problem"] as { code: string; message: string };
  assert.equal(code, "ROUND_QUORUM_MISSED");
  assert.match(message, /no update from lesion/);
  const next = nextAssignment(tissue.socket);
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 1)), counted);
  assert.equal((await next).round, 2);
});

test("a site that declines is not waited for", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t, {
    quorum: "{ sites: 1, perClass: 0 }",
  });
  assert.deepEqual(await ask(lesion.socket, "decline", { run, round: 1, code: "TRAINING_DIVERGED" }), {
    ok: true,
    value: {},
  });
  const next = nextAssignment(lesion.socket);
  assert.deepEqual(await upload(tissue.socket, assignment, trained(model, 1)), counted);
  assert.equal((await next).round, 2, "in the next round it is asked again");
  const declined = (await coordinator.audit()).find(({ event }) => event === "round.declined");
  assert.deepEqual(declined?.fields, { run, round: 1, site: "lesion", code: "TRAINING_DIVERGED" });
});

test("an update that moves the weights far beyond what rounds before have moved them is refused", async (t) => {
  const { tissue, lesion, assignment, model } = await scene(t, { rounds: "3" });
  const second = nextAssignment(lesion.socket);
  assert.deepEqual(await upload(tissue.socket, assignment, trained(model, 1)), counted);
  assert.deepEqual(await upload(lesion.socket, assignment, trained(model, 1)), counted);
  const next = await second;
  const base = await download(lesion.socket, next);
  assert.deepEqual(await upload(lesion.socket, next, trained(base, OF_PAST * 1.01)), refusal("UPDATE_NORM"));
  assert.deepEqual(await upload(lesion.socket, next, trained(base, OF_PAST * 0.99)), counted);
});

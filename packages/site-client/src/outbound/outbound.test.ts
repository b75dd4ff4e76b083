import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Evaluation, Manifest, Rejection, SiteMessageName } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io-client";
import { openLedger, verifyLedger } from "../ledger/index.js";
import { sealLine } from "../transport/index.js";
import { createOutbound } from "./outbound.js";
import type { Outbound } from "./outbound.js";
import { MIN_CHUNK_BYTES } from "./upload.js";
import type { OutgoingUpdate } from "./upload.js";
import { root, key, numbers, sha256, GOOD, refused } from "./outbound.test.helper.js";

type Reply = (name: SiteMessageName, payload: never) => object;
const ok = (value: object): object => ({ ok: true, value });
const no = (rejection: Rejection): object => ({ ok: false, rejection });

let files = 0;
/** An outbound whose coordinator answers as `reply` says; a thrown error is a lost connection. */
async function outboundTo(reply: Reply): Promise<{ outbound: Outbound; sent: [string, unknown][]; ledger: string }> {
  const sent: [string, unknown][] = [];
  const emitWithAck = async (name: SiteMessageName, payload: never): Promise<unknown> => {
    sent.push([name, payload]);
    return Promise.resolve(reply(name, payload));
  };
  const socket = { timeout: () => ({ emitWithAck }) } as unknown as Socket;
  const path = join(root, `ledger-${(files += 1)}.jsonl`);
  const ledger = await openLedger(path, { key, keys: [key.publicKey], clock: systemClock, logger: silentLogger });
  const line = sealLine({ current: () => socket, reset: () => undefined });
  const outbound = createOutbound({ line, ledger, clock: systemClock });
  outbound.allow(["run-1", "CSF", "lesion", "fedace-site/0.1.0", "wasm (2 threads)", "PLAN_MEMORY"]);
  return { outbound, sent, ledger: path };
}

/** A coordinator that keeps the bytes, and fails as `trouble` says. */
function spool(trouble: (name: SiteMessageName, offset: number) => Rejection | "lost" | undefined = () => undefined) {
  let data = Buffer.alloc(0);
  const reply = (name: SiteMessageName, payload: { offset: number; data: Uint8Array }): object => {
    const problem = trouble(name, payload.offset);
    if (problem === "lost") throw new Error("socket has been disconnected");
    if (problem !== undefined) return no(problem);
    if (name === "update.begin") return ok({ offset: data.length });
    if (name === "update.end") return ok({ counted: true });
    if (payload.offset !== data.length) return no({ code: "UPDATE_OFFSET", offset: data.length });
    data = Buffer.concat([data, payload.data]);
    return ok({ offset: data.length });
  };
  return { reply: reply as Reply, received: () => data };
}

/** What is said of the file in its receipt alone: nothing of it is sent. */
const SAYS = { content: "weights as trained", steps: 7, change: 5 } as const;

function updateOf(bytes: number): OutgoingUpdate & { content: Buffer } {
  const path = join(root, `update-${bytes}`);
  const content = Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
  writeFileSync(path, content);
  return { run: "run-1", round: 1, path, bytes, sha256, numbers, content };
}
const send = (outbound: Outbound, update: OutgoingUpdate, progress: number[] = []): Promise<void> =>
  outbound.update(update, (done) => progress.push(done), new AbortController().signal);

test("an update goes out in chunks of a mebibyte, whole, with a receipt before and one after", async () => {
  const { reply, received } = spool();
  const { outbound, sent, ledger } = await outboundTo((name, payload) => {
    if (name === "update.begin")
      assert.match(readFileSync(ledger, "utf8"), /"kind":"update"/, "the receipt comes first");
    return reply(name, payload);
  });
  const update = updateOf(2 * LIMITS.chunkBytes + 5);
  const progress: number[] = [];
  await send(outbound, { ...update, says: SAYS }, progress);
  assert.ok(received().equals(update.content));
  assert.doesNotMatch(JSON.stringify(sent[0]), /as trained/);
  assert.deepEqual(
    sent.map(([name]) => name),
    ["update.begin", "update.chunk", "update.chunk", "update.chunk", "update.end"],
  );
  assert.deepEqual(progress, [LIMITS.chunkBytes, 2 * LIMITS.chunkBytes, update.bytes]);
  const entries = await verifyLedger(readFileSync(ledger, "utf8"), [key.publicKey]);
  assert.deepEqual(
    entries.map(({ kind, what }) => [kind, what]),
    [
      ["update", { run: "run-1", round: 1, bytes: update.bytes, sha256, numbers, ...SAYS }],
      ["counted", { run: "run-1", round: 1, sha256 }],
    ],
  );
});

test("after a lost connection the upload goes on from the coordinator's offset, in smaller chunks, with one receipt", async () => {
  let lost = false;
  const { reply, received } = spool((_name, offset) => {
    if (lost || offset !== 2 * LIMITS.chunkBytes) return undefined;
    lost = true;
    return "lost";
  });
  const { outbound, sent, ledger } = await outboundTo(reply);
  const update = updateOf(4 * LIMITS.chunkBytes);
  await assert.rejects(send(outbound, update), { code: "CONNECTION_LOST" });
  const before = sent.length;
  await send(outbound, update);
  assert.ok(received().equals(update.content));
  const chunks = sent
    .slice(before)
    .flatMap(([name, payload]) => (name === "update.chunk" ? [payload as { offset: number; data: Uint8Array }] : []));
  assert.equal(chunks[0]?.offset, 2 * LIMITS.chunkBytes);
  assert.equal(chunks[0].data.length, LIMITS.chunkBytes / 2);
  const kinds = (await verifyLedger(readFileSync(ledger, "utf8"), [key.publicKey])).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["update", "counted"]);
});

test("on a line that keeps failing the chunks shrink to 64 KiB and no further", async () => {
  const { reply } = spool((name) => (name === "update.chunk" ? "lost" : undefined));
  const { outbound, sent } = await outboundTo(reply);
  const update = updateOf(LIMITS.chunkBytes);
  for (let i = 0; i < 7; i++) await assert.rejects(send(outbound, update), { code: "CONNECTION_LOST" });
  const last = sent.at(-1)?.[1] as { data: Uint8Array };
  assert.equal(last.data.length, MIN_CHUNK_BYTES);
});

test("an offset that the coordinator corrects is followed; one that never moves is an error", async () => {
  let corrected = false;
  const once = spool((name, offset) => {
    if (corrected || name !== "update.chunk" || offset === 0) return undefined;
    corrected = true;
    return { code: "UPDATE_OFFSET", offset: LIMITS.chunkBytes };
  });
  const update = updateOf(3 * LIMITS.chunkBytes);
  await send((await outboundTo(once.reply)).outbound, update);
  assert.ok(once.received().equals(update.content));
  const stuck = spool((name) => (name === "update.chunk" ? { code: "UPDATE_OFFSET", offset: 0 } : undefined));
  await assert.rejects(send((await outboundTo(stuck.reply)).outbound, update), { code: "COORDINATOR_ANSWER" });
});

test("refusals come through with the coordinator's code, malformed answers as such", async () => {
  const closed = await outboundTo(() => no({ code: "ROUND_CLOSED" }));
  await assert.rejects(send(closed.outbound, updateOf(10)), { code: "ROUND_CLOSED" });
  for (const answer of [
    undefined,
    null,
    {},
    { ok: true },
    ok({}),
    ok({ offset: -1 }),
    { ok: false, rejection: { code: "X" } },
  ]) {
    const strange = await outboundTo((): object => answer as never);
    await assert.rejects(send(strange.outbound, updateOf(10)), { code: "COORDINATOR_ANSWER" });
  }
});

test("an update that the coordinator has counted before gets its receipt now, unless another of the round went out too", async () => {
  const { outbound, ledger } = await outboundTo(() => no({ code: "UPDATE_DUPLICATE" }));
  const kinds = async (): Promise<string[]> =>
    (await verifyLedger(readFileSync(ledger, "utf8"), [key.publicKey])).map(({ kind }) => kind);
  for (let i = 0; i < 2; i++) await send(outbound, updateOf(10));
  assert.deepEqual(await kinds(), ["update", "counted"]);
  const another = { ...updateOf(11), sha256: "cd".repeat(32) };
  await assert.rejects(send(outbound, another), { code: "UPDATE_DUPLICATE" });
  assert.deepEqual(await kinds(), ["update", "counted", "update"]);
});

test("an upload that is given up sends nothing more", async () => {
  const controller = new AbortController();
  const { reply } = spool();
  const { outbound, sent } = await outboundTo(reply);
  const reason = new Error("given up");
  const update = updateOf(8 * LIMITS.chunkBytes);
  await assert.rejects(
    outbound.update(
      update,
      () => {
        controller.abort(reason);
      },
      controller.signal,
    ),
    reason,
  );
  assert.ok(sent.filter(([name]) => name === "update.chunk").length <= LIMITS.chunkWindow + 1);
  assert.ok(!sent.some(([name]) => name === "update.end"));
});

test("manifest, evaluation and decline are in the ledger once, however often they are sent; a changed manifest again", async () => {
  const { outbound, sent, ledger } = await outboundTo((name) =>
    ok(name === "manifest" ? { site: "here", time: 1 } : {}),
  );
  const changed = { ...GOOD.manifest, cases: 4 };
  for (const manifest of [GOOD.manifest, GOOD.manifest, changed, GOOD.manifest]) await outbound.manifest(manifest);
  for (let i = 0; i < 2; i++) {
    await outbound.evaluation(GOOD.evaluation);
    await outbound.decline(GOOD.decline);
  }
  await outbound.progress(GOOD.progress);
  assert.equal(sent.length, 9);
  const entries = await verifyLedger(readFileSync(ledger, "utf8"), [key.publicKey]);
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ["manifest", "manifest", "manifest", "evaluation", "decline"],
  );
});

test("an older coordinator is told of the cases without their combinations, from then on", async () => {
  const { outbound, sent } = await outboundTo((_name, payload: Manifest) =>
    "combinations" in payload ? no({ code: "MESSAGE_MALFORMED" }) : ok({ site: "here", time: 1 }),
  );
  const whole = { ...GOOD.manifest, combinations: [{ inputs: ["T1w"], cases: 4 }] };
  for (let i = 0; i < 2; i++) await outbound.manifest(whole);
  assert.deepEqual(
    sent.map(([, payload]) => payload),
    [whole, GOOD.manifest, GOOD.manifest],
  );
});

test("metrics go only to a coordinator that says it takes them, and of them those that it names", async () => {
  const metrics = { hd95: { CSF: 2 }, falseVolume: { lesion: 0.5 } };
  const evaluation = { cases: 1, dice: { CSF: 0.8 }, metrics };
  const takes = [undefined, [], ["falseVolume", "somethingNewer"], ["hd95", "falseVolume"]];
  const expected = [undefined, undefined, { falseVolume: { lesion: 0.5 } }, metrics];
  for (const [i, names] of takes.entries()) {
    const { reply } = spool();
    const welcome = { site: "here", time: 1, ...(names === undefined ? {} : { metrics: names }) };
    const { outbound, sent } = await outboundTo((name, payload) =>
      name === "manifest" ? ok(welcome) : name.startsWith("update") ? reply(name, payload) : ok({}),
    );
    await outbound.manifest({ ...GOOD.manifest, understands: ["metrics"] });
    await outbound.evaluation({ ...GOOD.evaluation, evaluation });
    const update = updateOf(10);
    await send(outbound, { ...update, numbers: { ...update.numbers, evaluation } });
    const left = sent.flatMap(([, payload]) => {
      const { evaluation, numbers } = payload as { evaluation?: Evaluation; numbers?: { evaluation: Evaluation } };
      return evaluation ?? numbers?.evaluation ?? [];
    });
    assert.deepEqual(
      left.map((one) => one.metrics),
      [expected[i], expected[i]],
    );
  }
});

test("to an older coordinator a site introduces itself without what it would refuse, and sends no metrics", async () => {
  const combinations = [{ inputs: ["T1w"], cases: 4 }];
  const whole: Manifest = { ...GOOD.manifest, combinations, understands: ["metrics"] };
  for (const [strange, last] of [
    [["understands"], { ...GOOD.manifest, combinations }],
    [["understands", "combinations"], GOOD.manifest],
  ] as const) {
    const { outbound, sent } = await outboundTo((name, payload: Manifest) =>
      name !== "manifest"
        ? ok({})
        : strange.some((key) => key in payload)
          ? no({ code: "MESSAGE_MALFORMED" })
          : ok({ site: "here", time: 1 }),
    );
    for (let i = 0; i < 2; i++) await outbound.manifest(whole);
    const manifests = sent.map(([, payload]) => payload);
    assert.deepEqual(manifests.slice(-2), [last, last], "the second time at once");
    assert.equal(manifests.length, strange.length + 2);
    await outbound.evaluation({
      ...GOOD.evaluation,
      evaluation: { cases: 1, dice: {}, metrics: { hd95: { CSF: 1 } } },
    });
    assert.deepEqual(sent.at(-1)?.[1], { ...GOOD.evaluation, evaluation: { cases: 1, dice: {} } });
  }
});

test("what the policy refuses reaches neither the coordinator nor the chunks", async () => {
  const { outbound, sent } = await outboundTo(() => ok({}));
  await assert.rejects(outbound.decline({ ...GOOD.decline, run: "other-run" }), refused);
  assert.deepEqual(sent, []);
});

test("leaving is written into the ledger before it is said", async () => {
  const inLedger: number[] = [];
  const { outbound, sent, ledger } = await outboundTo(() => {
    inLedger.push(readFileSync(ledger, "utf8").split("\n").length - 1);
    return ok({});
  });
  await outbound.leave();
  assert.deepEqual([sent, inLedger], [[["leave", {}]], [1]]);
  const [entry] = await verifyLedger(readFileSync(ledger, "utf8"), [key.publicKey]);
  assert.deepEqual([entry?.kind, entry?.what], ["leave", {}]);
});

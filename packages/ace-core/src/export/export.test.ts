import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import { isFedaceError } from "../foundation/index.js";
import { parsePlan, publicKeySchema } from "../protocol/index.js";
import { decodeSafetensors, encodeSafetensors, weightSet } from "../tensors/index.js";
import {
  assembleBundle,
  bundleHeader,
  modelCard,
  modelCardText,
  readBundle,
  signingPayload,
  tensorsDigest,
} from "./index.js";
import type { Bundle, ModelCard } from "./index.js";

const weights = weightSet(
  [
    { name: "a", shape: [2, 2] },
    { name: "b", shape: [2] },
  ],
  Float32Array.of(1, 2, 3, 4, 5, 6),
);
const plan = parsePlan({
  name: "brain-joint",
  classes: ["background", "GM", "lesion"],
  inputs: ["T1w", "FLAIR"],
  spacing: [2, 2, 2],
  rounds: 50,
});
const card = modelCard({
  product: "FedACE 0.1.0",
  run: "run-1",
  plan,
  round: 7,
  created: "2026-01-02T03:04:05Z",
  model: { architecture: "unet", filters: 8, levels: 3, blocks: 2, norm: "group", groups: 4 },
  sites: [
    { name: "north", annotated: ["background", "GM"], cases: 8 },
    { name: "south", annotated: ["lesion"], cases: 6 },
  ],
  scores: [{ site: "north", cases: 1, dice: { background: 0.99, GM: 0.875, lesion: null } }],
  tensors: tensorsDigest(weights),
});
const keys = generateKeyPairSync("ed25519");
const { kty, crv, x } = keys.publicKey.export({ format: "jwk" });
const key = publicKeySchema.parse({ kty, crv, x });
const base64 = (data: Uint8Array | string): string => Buffer.from(data).toString("base64url");

/** A compact JWS (RFC 7515) made without a JWS library. */
function jws(payload: Uint8Array): string {
  const input = `${base64('{"alg":"EdDSA"}')}.${base64(payload)}`;
  return `${input}.${base64(sign(null, Buffer.from(input), keys.privateKey))}`;
}
const signature = jws(signingPayload(card, weights.specs));
const bytes = assembleBundle(weights, { card, signature, key });
const metadata = decodeSafetensors(bytes).metadata;

function invalid(file: Uint8Array, text: RegExp): void {
  assert.throws(
    () => readBundle(file),
    (error) => isFedaceError(error, "BUNDLE_INVALID") && text.test(error.message),
  );
}

test("a bundle is a safetensors file that gives back its card, weights and a payload that the signature is over", () => {
  const bundle = readBundle(bytes);
  assert.deepEqual(bundle.card, card);
  assert.deepEqual(bundle.weights, weights);
  assert.deepEqual(bundle.key, key);
  const [head, body, tail] = bundle.signature.split(".") as [string, string, string];
  assert.equal(verify(null, Buffer.from(`${head}.${body}`), keys.publicKey, Buffer.from(tail, "base64url")), true);
  assert.equal(body, base64(bundle.payload));
  assert.deepEqual(decodeSafetensors(bytes).weights, weights);
});

test("the payload names the digest of card, layout and values", () => {
  const payload = JSON.parse(Buffer.from(signingPayload(card, weights.specs)).toString()) as Record<string, string>;
  const hash = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
  assert.equal(payload["card"], hash(metadata["fedace.card"] ?? ""));
  assert.equal(payload["layout"], hash('[["a",[2,2]],["b",[2]]]'));
  assert.equal(payload["tensors"], hash(new Uint8Array(weights.data.buffer)));
});

test("a bundle can be written as a stream: header, then values", () => {
  const header = bundleHeader(weights.specs, { card, signature, key });
  assert.deepEqual(Buffer.concat([header, Buffer.from(weights.data.buffer)]), Buffer.from(bytes));
});

test("any change of card or layout changes the payload, a change of the values is refused", () => {
  const original = Buffer.from(readBundle(bytes).payload).toString();
  const other: ModelCard = { ...card, round: 8 };
  const changed = encodeSafetensors(weights, { ...metadata, "fedace.card": JSON.stringify(other) });
  assert.notEqual(Buffer.from(readBundle(changed).payload).toString(), original);
  const renamed = weightSet(
    [
      { name: "b", shape: [4] },
      { name: "a", shape: [2] },
    ],
    weights.data,
  );
  assert.notEqual(Buffer.from(readBundle(encodeSafetensors(renamed, metadata)).payload).toString(), original);
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  invalid(flipped, /damaged or was changed/);
});

test("a bundle of a newer version is read as far as this one knows it, and signed for as it is", () => {
  const [score] = card.scores;
  const newer = { ...card, licence: "CC0", plan: { ...card.plan, training: { ...card.plan.training, warmup: 3 } } };
  const text = JSON.stringify({ ...newer, scores: [{ ...score, recall: 1 }, ...card.scores.slice(1)] });
  const bundle = readBundle(encodeSafetensors(weights, { ...metadata, "fedace.card": text }));
  assert.deepEqual([...bundle.unknown].sort(), ["licence", "plan.training.warmup", "scores.0.recall"]);
  assert.deepEqual(bundle.card, card);
  assert.match(Buffer.from(bundle.payload).toString(), new RegExp(createHash("sha256").update(text).digest("hex")));
  assert.deepEqual(readBundle(bytes).unknown, []);
});

test("words of a plan that are new say how a model was made and are left out; a bundle that needs what is new is refused as newer", () => {
  const read = (change: object): Bundle =>
    readBundle(encodeSafetensors(weights, { ...metadata, "fedace.card": JSON.stringify({ ...card, ...change }) }));
  const aggregation = { ...card.plan.aggregation, strategy: "fedtelepathy" };
  const made = { ...card.plan, loss: "focal", aggregation, model: { preset: "huge" } };
  assert.deepEqual([...read({ plan: made }).unknown].sort(), ["plan.aggregation.strategy", "plan.loss", "plan.model"]);
  const { preprocessing, model } = card;
  const needed: readonly (readonly [string, object])[] = [
    ["version", { version: 2 }],
    ["preprocessing.denoising", { preprocessing: { ...preprocessing, denoising: "nlm" } }],
    ["preprocessing.normalisation", { preprocessing: { ...preprocessing, normalisation: "ranks" } }],
    ["model.attention", { model: { ...model, attention: 4 } }],
    ["model.architecture", { model: { ...model, architecture: "transformer" } }],
  ];
  for (const [place, change] of needed) {
    const isNewer = (error: unknown): boolean =>
      isFedaceError(error, "BUNDLE_NEWER") && error.message.endsWith(`this version does not know its ${place}.`);
    assert.throws(() => read({ ...change, product: "FedACE 9" }), isNewer, place);
  }
  // Words that were never there are no new ones.
  invalid(encodeSafetensors(weights, { ...metadata, "fedace.card": JSON.stringify({ ...card, usage: 1 }) }), /usage/);
});

test("what is no bundle is refused with the reason", () => {
  invalid(new Uint8Array(3), /not a model bundle.*ends after 3 bytes/);
  invalid(encodeSafetensors(weights), /not a model bundle: its metadata/);
  const without = Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== "fedace.signature"));
  invalid(encodeSafetensors(weights, without), /fedace\.signature/);
  invalid(encodeSafetensors(weights, { ...metadata, "fedace.card": "{" }), /card is not JSON/);
  invalid(encodeSafetensors(weights, { ...metadata, "fedace.card": "{}" }), /card is wrong: version/);
  invalid(encodeSafetensors(weights, { ...metadata, "fedace.key": "{}" }), /key is wrong: kty/);
  invalid(encodeSafetensors(weights, { ...metadata, more: "x" }), /metadata is wrong/);
});

test("the card for people says what the model is, where it comes from, and what a site could not assess", () => {
  const text = modelCardText(card);
  assert.match(text, /^# brain-joint, round 7 of 50\n/);
  assert.match(text, /Research use only; not a medical device\./);
  assert.match(text, /\| south \| 6 \| lesion \|/);
  assert.match(text, /\| north \| 1 \| 0\.875 \| – \|/);
  assert.match(text, new RegExp(card.tensors));
});

test("the card for people has the other metrics that sites scored, per site and class, and over all by their cases", () => {
  assert.doesNotMatch(modelCardText(card), /hd95|falseVolume/, "none where no site said any");
  const [score] = card.scores;
  assert.ok(score);
  const scores = [
    { ...score, metrics: { hd95: { GM: 2.5 }, falseVolume: { lesion: 58 }, falseVolumeShare: { lesion: 1 } } },
    {
      site: "south",
      cases: 3,
      dice: { lesion: 0.5 },
      metrics: { hd95: { lesion: 7 }, volumeDifference: { lesion: -20 } },
    },
    {
      site: "west",
      cases: 3,
      dice: { GM: 0.5 },
      metrics: { hd95: { GM: 4.5 }, falseVolume: { lesion: 0 } },
      spread: { dice: { GM: { cases: 2, deviation: 0.1 } } },
    },
    { site: "older", cases: 9, dice: { GM: 0.5 } },
  ];
  const text = modelCardText({ ...card, scores });
  // 1 case of 2.5 and 3 of 4.5; 1 of 58 and 3 of 0.
  assert.ok(
    text.includes(`## hd95, mm: lower is better; annotated classes

| site | held-back cases | GM | lesion |
| --- | ---: | ---: | ---: |
| north | 1 | 2.50 | – |
| south | 3 | – | 7.00 |
| west | 3 | 4.50 | – |
| older | 9 | – | – |
| all, by cases | 16 | 4.00 (4) | 7.00 (3) |
`),
    text,
  );
  assert.match(
    text,
    /## falseVolume, mL: lower is better; absent classes\n\n\| site \| held-back cases \| lesion \|\n/,
  );
  assert.match(text, /\| north \| 1 \| 58\.00 \|\n[^#]*\| all, by cases \| 16 \| 14\.50 \(4\) \|\n/);
  assert.ok(text.includes("| west | 3 | 0.500 (2) | – |"), "two of the three have the class");
  assert.match(text, /## volumeDifference, %: nearer to 0 is better/);
  assert.match(text, /## falseVolumeShare, of cases above 1 mL/);
});

test("card and its text say how sure figures are, which classes nobody assesses, and what sites keep to themselves", () => {
  const { product, run, round, created, model, sites, tensors } = card;
  const wide = parsePlan({ ...plan, classes: ["background", "GM", "lesion", "tumour"] });
  const spread = { dice: { GM: { cases: 4, deviation: 0.1 } } };
  const scores = [
    { site: "north", cases: 4, dice: { GM: 0.8, lesion: null }, spread },
    { site: "south", cases: 2, dice: { lesion: null }, withheld: { dice: ["lesion"], lesionF1: ["lesion"] } },
  ];
  const written = modelCard({ product, run, round, created, model, sites, tensors, plan: wide, scores });
  assert.deepEqual(written.unassessed, ["tumour"]);
  assert.deepEqual(written.scores[1]?.withheld, { dice: ["lesion"], lesionF1: ["lesion"] });
  // .8 ± 3.182446 · .1 / √3, the cases' deviation being divided by their number.
  const { mean, cases, interval } = written.pooled?.dice?.["GM"] ?? {};
  assert.deepEqual([mean, cases, interval?.map((bound) => bound.toFixed(3))], [0.8, 4, ["0.616", "0.984"]]);
  const text = modelCardText(written);
  assert.ok(
    text.includes(`| site | held-back cases | GM | lesion | tumour |
| --- | ---: | ---: | ---: | ---: |
| north | 4 | 0.800 (4) | – | – |
| south | 2 | – | withheld | – |
| all, by cases | 6 | 0.800 [0.616, 0.984] (4) | withheld | – |
`),
    text,
  );
  assert.match(text, /^tumour is unassessed: no site could tell/m);
  assert.match(text, /^lesion is withheld: the sites that could assess it have too few cases\.$/m);
  assert.match(
    text,
    /## lesionF1: higher is better; annotated lesion classes\n\n.*\n.*\n.*\n\| south \| 2 \| withheld \|/,
  );
  const signed = jws(signingPayload(written, weights.specs));
  assert.deepEqual(readBundle(assembleBundle(weights, { card: written, signature: signed, key })).card, written);
  assert.equal(
    "unassessed" in
      modelCard({ ...card, plan: wide, scores: [{ site: "a", cases: 1, dice: { GM: 1, lesion: 1, tumour: 1 } }] }),
    false,
  );
});

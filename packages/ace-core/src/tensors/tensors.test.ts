import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isFedaceError, seededRandom } from "../foundation/index.js";
import { LIMITS } from "../protocol/index.js";
import {
  add,
  allFinite,
  dataOffsetOf,
  decodeSafetensors,
  elements,
  encodeHeader,
  encodeSafetensors,
  l2norm,
  parseHeader,
  requireLayout,
  sameLayout,
  scale,
  subtract,
  views,
  weightSet,
} from "./index.js";
import type { TensorSpec } from "./index.js";

const specs: TensorSpec[] = [
  { name: "dec.0.up.weight", shape: [2, 2, 2, 3] },
  { name: "enc.0.conv.0.bias", shape: [3] },
  { name: "head.scale", shape: [] },
];
const values = Float32Array.from([...Array.from({ length: 24 }, (_, i) => i - 7.25), 1.5, -0, 1e-38, 3.75]);
const weights = weightSet(specs, values);
const note = { note: 'größer, "quoted"' };
const fixture = new Uint8Array(readFileSync(new URL("../../fixtures/tensors/weights.safetensors", import.meta.url)));

/** A file with this JSON as its header and `dataBytes` zeros behind it. */
function file(json: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function malformed(bytes: Uint8Array, text: RegExp): void {
  assert.throws(
    () => decodeSafetensors(bytes),
    (error) => isFedaceError(error, "WEIGHTS_MALFORMED") && text.test(error.message),
  );
}

test("a file of Python's safetensors is read with the same tensors and notes", () => {
  const read = decodeSafetensors(fixture);
  assert.deepEqual(read.weights.specs, specs);
  assert.deepEqual(read.weights.data, values);
  assert.deepEqual(read.metadata, note);
});

test("our file of the same tensors is Python's byte for byte", () => {
  assert.deepEqual(encodeSafetensors(weights, note), fixture);
});

test("Python's safetensors reads our file with the same values, where FEDACE_PYTHON names a Python that has it", (t) => {
  const python = process.env["FEDACE_PYTHON"];
  if (python === undefined) {
    t.diagnostic("FEDACE_PYTHON is not set: our file was compared with the committed one of Python's safetensors only");
    return;
  }
  const script = [
    "import sys, safetensors.numpy",
    "t = safetensors.numpy.load(sys.stdin.buffer.read())",
    "print([[k, list(t[k].shape), [float(v).hex() for v in t[k].ravel()]] for k in sorted(t)])",
  ].join("\n");
  const ours = execFileSync(python, ["-c", script], { input: encodeSafetensors(weights, note), encoding: "utf8" });
  const theirs = execFileSync(python, ["-c", script], { input: fixture, encoding: "utf8" });
  assert.match(ours, /dec\.0\.up\.weight/);
  assert.equal(ours, theirs);
});

test("values begin at a multiple of 8 bytes, from any position in a larger buffer", () => {
  for (const name of ["a", "ab", "abc", "abcdefgh"]) {
    const one = weightSet([{ name, shape: [1] }], Float32Array.of(7));
    const bytes = encodeSafetensors(one);
    assert.equal(dataOffsetOf(bytes) % 8, 0);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decodeSafetensors(shifted.subarray(3)).weights.data, one.data);
  }
});

test("a header is checked from the head of a file alone", () => {
  const head = fixture.subarray(0, dataOffsetOf(fixture));
  assert.deepEqual(parseHeader(head, { totalBytes: fixture.length }).specs, specs);
  assert.throws(() => parseHeader(head), /need \d+ bytes in all/);
  assert.throws(() => parseHeader(head.subarray(0, 20), { totalBytes: fixture.length }));
});

test("an empty set, a tensor without values and awkward names survive the way there and back", () => {
  for (const layout of [[], [{ name: "none", shape: [0, 3] }], [{ name: '{"a": 1}', shape: [1] }]]) {
    const set = weightSet(layout);
    assert.deepEqual(decodeSafetensors(encodeSafetensors(set)).weights, set);
  }
});

test("the header length is checked before anything is allocated, on both sides of the limit", () => {
  const claim = new Uint8Array(8);
  new DataView(claim.buffer).setBigUint64(0, 2n ** 63n, true);
  malformed(claim, /9223372036854775808 bytes; at most/);
  const padded = file("{}".padEnd(LIMITS.headerBytes));
  assert.deepEqual(decodeSafetensors(padded).weights.specs, []);
  malformed(file("{}".padEnd(LIMITS.headerBytes + 1)), /at most 1048576/);
  const long = { note: "x".repeat(LIMITS.headerBytes) };
  assert.throws(
    () => encodeHeader([], long),
    (error) => isFedaceError(error, "WEIGHTS_MALFORMED"),
  );
});

const entry = (shape: string, offsets: string, dtype = '"F32"'): string =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const broken: [string, Uint8Array, RegExp][] = [
  ["an empty file", new Uint8Array(0), /ends after 0 bytes/],
  ["a file that ends in the header", fixture.subarray(0, 30), /claims \d+ bytes, the file has 30/],
  ["a file that ends in the values", fixture.subarray(0, fixture.length - 1), /in all, the file has/],
  ["bytes after the values", file(`{"a":${entry("[1]", "[0,4]")}}`, 5), /in all, the file has/],
  ["a header that is not JSON", file("{broken}"), /not JSON/],
  ["a header that is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0x28), /not JSON/],
  ["a header that is a list", file("[1]"), /no object/],
  ["spaces before the header", file(" {}"), /no object/],
  ["a key twice", file(`{"a":${entry("[0]", "[0,0]")},"a":${entry("[0]", "[0,0]")}}`), /key a twice/],
  ["a key twice, once escaped", file(`{"a":${entry("[0]", "[0,0]")},"\\u0061":${entry("[0]", "[0,0]")}}`), /key a/],
  ["another element type", file(`{"a":${entry("[1]", "[0,4]", '"F16"')}}`, 4), /tensor a: dtype/],
  ["a negative side", file(`{"a":${entry("[-1]", "[0,4]")}}`, 4), /tensor a: shape/],
  ["a fractional side", file(`{"a":${entry("[0.5]", "[0,2]")}}`, 2), /tensor a: shape/],
  ["a gap", file(`{"a":${entry("[1]", "[0,4]")},"b":${entry("[1]", "[8,12]")}}`, 12), /tensor b begins at byte 8/],
  ["an overlap", file(`{"a":${entry("[2]", "[0,8]")},"b":${entry("[1]", "[4,8]")}}`, 8), /tensor b begins at byte 4/],
  ["offsets that do not fit the shape", file(`{"a":${entry("[3]", "[0,8]")}}`, 8), /\[3\] needs 12 bytes, not 8/],
  ["a shape beyond exact numbers", file(`{"a":${entry("[9007199254740991, 99]", "[0,8]")}}`, 8), /tensor a/],
  ["notes that are not text", file('{"__metadata__":{"a":1}}'), /metadata/],
  ["an unknown field", file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}'), /tensor a/],
];
for (const [name, bytes, text] of broken) {
  test(`${name} is refused`, () => {
    malformed(bytes, text);
  });
}

test("a file damaged anywhere is read or refused with its code, and with nothing else", () => {
  const random = seededRandom(2);
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = Uint8Array.from(
      fixture.subarray(0, fixture.length - (random.integer(3) === 0 ? random.integer(400) : 0)),
    );
    for (let n = random.integer(4); n >= 0 && bytes.length > 0; n--) {
      bytes[random.integer(bytes.length)] = random.integer(256);
    }
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      refused++;
      assert.ok(isFedaceError(error, "WEIGHTS_MALFORMED"), String(error));
    }
  }
  assert.ok(refused > 1000);
});

test("weights of another layout are refused by the name of the tensor", () => {
  const [first, second, third] = specs as [TensorSpec, TensorSpec, TensorSpec];
  assert.equal(sameLayout(specs, structuredClone(specs)), true);
  const wrong: [TensorSpec[], RegExp][] = [
    [[first, second], /head\.scale is missing/],
    [[first, second, third, { name: "more", shape: [] }], /more is not part/],
    [[second, first, third], /dec\.0\.up\.weight is not where/],
    [[first, { ...second, shape: [4] }, third], /enc\.0\.conv\.0\.bias has shape \[4\] instead of \[3\]/],
    [[first, { ...second, shape: [3, 1] }, third], /\[3, 1\] instead of \[3\]/],
  ];
  for (const [layout, text] of wrong) {
    assert.throws(
      () => {
        requireLayout(layout, specs);
      },
      (error) => isFedaceError(error, "WEIGHTS_LAYOUT") && text.test(error.message),
    );
  }
  assert.throws(() => weightSet([third, third]), /there twice/);
  assert.throws(() => weightSet(specs, new Float32Array(3)), /hold 28 values, 3 were given/);
});

test("views are named windows on the one buffer", () => {
  const view = views(weights);
  assert.deepEqual(
    [...view.keys()],
    specs.map(({ name }) => name),
  );
  assert.deepEqual(view.get("head.scale"), Float32Array.of(3.75));
  assert.equal(view.get("enc.0.conv.0.bias")?.buffer, values.buffer);
  assert.equal(elements({ shape: [2, 0, 3] }), 0);
});

test("arithmetic is element by element, the norm in float64", () => {
  const a = weightSet([{ name: "a", shape: [3] }], Float32Array.of(3, 0, -4));
  assert.deepEqual(add(a, scale(a, 2)).data, Float32Array.of(9, 0, -12));
  assert.deepEqual(subtract(a, a).data, new Float32Array(3));
  assert.equal(l2norm(a), 5);
  assert.equal(l2norm(weightSet([{ name: "a", shape: [2] }], Float32Array.of(3e30, 4e30))) > 4.99e30, true);
  assert.throws(() => add(a, weights), /tensor a is missing/);
  assert.equal(allFinite(values), true);
  for (const bad of [Number.NaN, Infinity, -Infinity]) assert.equal(allFinite(Float32Array.of(0, bad, 1)), false);
  assert.equal(allFinite(Float32Array.of(3.4e38, -3.4e38)), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { aceForwardBackward, marginalDiceForwardBackward } from "../engine/plain/index.js";
import { seededRandom } from "../foundation/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { assertClose } from "./compare.test.helper.js";

const random = seededRandom(11);
const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => 2 * random.normal());
const space = labelSpace(["background", "CSF", "GM", "WM", "lesion"]);
const lesion = resolveLabelMap({ kind: "lesion" }, space);
const tissue = resolveLabelMap({ kind: "tissue" }, space);

test("one-class sets make ACE the cross entropy −log softmax", () => {
  const logits = normal(20);
  const labels = [3, 1, 0, 2];
  const expected = labels.reduce((sum, y, i) => {
    const z = logits.subarray(5 * i, 5 * i + 5);
    const denominator = z.reduce((total, value) => total + Math.exp(value), 0);
    return sum - Math.log(Math.exp(z[y] ?? NaN) / denominator) / 4;
  }, 0);
  assertClose([aceForwardBackward(logits, labels, tissue.sets, 5).loss], [expected], 1e-12, "loss");
});

test("at logits of ±900 the loss is exact where −log of a softmax is infinite", () => {
  const far = Float64Array.of(900, 0, 0, 0, -900);
  assert.equal(aceForwardBackward(far, [1], lesion.sets, 5).loss, 1800);
  assert.deepEqual([...aceForwardBackward(far, [1], lesion.sets, 5).gradient], [1, 0, 0, 0, -1]);
  assert.equal(aceForwardBackward(far, [0], lesion.sets, 5).loss, 0);
  const dice = marginalDiceForwardBackward(far, [1], lesion.sets, lesion.foreground, 5);
  assert.equal(dice.loss, 0.5);
  assert.ok(dice.gradient.every(Number.isFinite));
});

test("a set of all classes costs exactly 0, and its gradient is exactly 0", () => {
  const ignore = resolveLabelMap({ values: { 0: "ignore", 1: ["lesion"] } }, space);
  const { loss, gradient } = aceForwardBackward(normal(15), [0, 0, 0], ignore.sets, 5);
  assert.equal(loss, 0);
  assert.ok(gradient.every((g) => g === 0));
});

test("ignored voxels change neither Dice nor its gradient elsewhere", () => {
  const map = resolveLabelMap({ values: { 0: "rest", 1: ["lesion"], 9: "ignore" } }, space);
  const logits = normal(30);
  const all = marginalDiceForwardBackward(logits, [0, 1, 0, 1, 2, 2], map.sets, map.foreground, 5);
  const told = marginalDiceForwardBackward(logits.subarray(0, 20), [0, 1, 0, 1], map.sets, map.foreground, 5);
  assert.equal(all.loss, told.loss);
  assert.deepEqual([...all.gradient.subarray(0, 20)], [...told.gradient]);
  assert.ok(all.gradient.subarray(20).every((g) => g === 0));
});

test("ACE does not depend on how many voxels say the same, nor on classes that have no mass", () => {
  const logits = normal(10);
  const once = aceForwardBackward(logits, [0, 1], lesion.sets, 5).loss;
  const twice = aceForwardBackward(Float64Array.of(...logits, ...logits), [0, 1, 0, 1], lesion.sets, 5).loss;
  assertClose([twice], [once], 1e-14, "a patch twice as large");
  const wider = Float64Array.of(...logits.subarray(0, 5), -900, -900, ...logits.subarray(5), -900, -900);
  assertClose([aceForwardBackward(wider, [0, 1], lesion.sets, 7).loss], [once], 1e-14, "two more classes");
  const split = Float64Array.of(1, 1 - Math.log(2), 1 - Math.log(2), 3);
  assertClose(
    [aceForwardBackward(split, [0], [0b0111], 4).loss],
    [aceForwardBackward(Float64Array.of(1, 1, 3), [0], [0b011], 3).loss],
    1e-14,
    "a class split in two",
  );
});

test("as a lesion site's rest reaches all mass, the gradient on the tissue head vanishes with the missing mass", () => {
  for (const missing of [1e-2, 1e-4, 1e-8]) {
    const logits = Float64Array.of(0.3, -1, 0.5, 0.1, 0);
    const rest = logits.subarray(0, 4).reduce((sum, z) => sum + Math.exp(z), 0);
    logits[4] = Math.log((rest * missing) / (1 - missing));
    const { gradient } = aceForwardBackward(logits, [0], lesion.sets, 5);
    const tissueGradient = Math.max(...gradient.subarray(0, 4).map(Math.abs));
    assert.ok(tissueGradient <= missing, `${tissueGradient} at ${missing}`);
    assertClose([gradient[4] ?? NaN], [missing], 1e-6, "gradient on lesion");
  }
});

test("the gradient moves no mass in total, and inside a set it is proportional to the probability", () => {
  const logits = normal(5);
  const { gradient } = aceForwardBackward(logits, [0], lesion.sets, 5);
  assert.ok(Math.abs(gradient.reduce((sum, g) => sum + g, 0)) < 1e-15);
  const ratio = [0, 1, 2, 3].map((k) => (gradient[k] ?? NaN) / Math.exp(logits[k] ?? NaN));
  assertClose(ratio, [ratio[0] ?? NaN, ratio[0] ?? NaN, ratio[0] ?? NaN, ratio[0] ?? NaN], 1e-12, "ratio");
});

test("Dice scores the site's own classes only: a lesion site's tissue probabilities may be anything", () => {
  const one = Float64Array.of(1, 2, 3, 4, 0.5);
  const other = Float64Array.of(4, 3, 2, 1, 0.5);
  const score = (z: Float64Array): number =>
    marginalDiceForwardBackward(z, [1], lesion.sets, lesion.foreground, 5).loss;
  assertClose([score(one)], [score(other)], 1e-14, "loss");
});

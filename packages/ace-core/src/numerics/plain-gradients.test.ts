import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aceForwardBackward,
  biasGrad,
  conv3d,
  conv3dGradFilter,
  conv3dGradInput,
  convTranspose3d,
  convTranspose3dGradFilter,
  convTranspose3dGradInput,
  groupMoments,
  groupNorm,
  groupNormGrad,
  marginalDiceForwardBackward,
  maxPool3d,
  maxPool3dGrad,
} from "../engine/plain/index.js";
import type { Shape5, Sides } from "../engine/plain/index.js";
import { seededRandom } from "../foundation/index.js";
import { assertClose, finiteDifferences } from "./compare.test.helper.js";

/** Central differences with steps of 1e-5 are exact to about 1e-10 of the function's scale. */
const TOLERANCE = 1e-7;
const random = seededRandom(3);
const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

test("plain convolution: gradients in input, filter and bias are finite differences", () => {
  const shape: Shape5 = [2, 2, 3, 4, 2];
  const sides: Sides = [3, 1, 3];
  const [x, filter, bias, dy] = [normal(96), normal(54), normal(3), normal(144)];
  const numeric = (f: (v: Float64Array) => Float64Array, at: Float64Array): Float64Array =>
    finiteDifferences((v) => dot(f(v), dy), at);
  assertClose(
    conv3dGradInput(dy, [2, 2, 3, 4, 3], filter, sides, 2),
    numeric((v) => conv3d(v, shape, filter, sides, bias).values, x),
    TOLERANCE,
    "dx",
  );
  assertClose(
    conv3dGradFilter(x, shape, dy, sides, 3),
    numeric((v) => conv3d(x, shape, v, sides, bias).values, filter),
    TOLERANCE,
    "dfilter",
  );
  assertClose(
    biasGrad(dy, 3),
    numeric((v) => conv3d(x, shape, filter, sides, v).values, bias),
    TOLERANCE,
    "dbias",
  );
});

test("plain transposed convolution: gradients in input, filter and bias are finite differences", () => {
  const shape: Shape5 = [1, 2, 1, 3, 3];
  const [x, filter, bias, dy] = [normal(18), normal(48), normal(2), normal(96)];
  const numeric = (f: (v: Float64Array) => Float64Array, at: Float64Array): Float64Array =>
    finiteDifferences((v) => dot(f(v), dy), at);
  assertClose(
    convTranspose3dGradInput(dy, shape, filter, 2),
    numeric((v) => convTranspose3d(v, shape, filter, bias).values, x),
    TOLERANCE,
    "dx",
  );
  assertClose(
    convTranspose3dGradFilter(x, shape, dy, 2),
    numeric((v) => convTranspose3d(x, shape, v, bias).values, filter),
    TOLERANCE,
    "dfilter",
  );
  assertClose(
    biasGrad(dy, 2),
    numeric((v) => convTranspose3d(x, shape, filter, v).values, bias),
    TOLERANCE,
    "dbias",
  );
});

test("plain pooling: its gradient is a finite difference where no voxels are equal", () => {
  const shape: Shape5 = [1, 4, 2, 4, 2];
  const [x, dy] = [normal(64), normal(8)];
  const numeric = finiteDifferences((v) => dot(maxPool3d(v, shape).values, dy), x);
  assertClose(maxPool3dGrad(dy, x, shape), numeric, TOLERANCE, "dx");
});

for (const relu of [false, true]) {
  test(`plain group norm${relu ? " with ReLU" : ""}: gradients are finite differences`, () => {
    const shape: Shape5 = [2, 2, 1, 3, 4];
    const [x, gamma, beta, dy] = [normal(48), normal(4), normal(4), normal(48)];
    const run = (a: Float64Array, g: Float64Array, b: Float64Array): Float64Array =>
      groupNorm(a, shape, g, b, groupMoments(a, shape, 2, 1e-5), 2, relu);
    const moments = groupMoments(x, shape, 2, 1e-5);
    const gradient = groupNormGrad(dy, x, shape, gamma, beta, moments, 2, relu);
    const numeric = (f: (v: Float64Array) => Float64Array, at: Float64Array): Float64Array =>
      finiteDifferences((v) => dot(f(v), dy), at, 1e-6);
    assertClose(
      gradient.dx,
      numeric((v) => run(v, gamma, beta), x),
      TOLERANCE,
      "dx",
    );
    assertClose(
      gradient.dgamma,
      numeric((v) => run(x, v, beta), gamma),
      TOLERANCE,
      "dgamma",
    );
    assertClose(
      gradient.dbeta,
      numeric((v) => run(x, gamma, v), beta),
      TOLERANCE,
      "dbeta",
    );
  });
}

const SETS = [0b00001, 0b00110, 0b11000, 0b11111, 0b01000];
const LABELS = [0, 1, 2, 3, 4, 2, 1, 0, 4];

test("plain ACE: its gradient is a finite difference, for every kind of set", () => {
  const logits = normal(45);
  const numeric = finiteDifferences((z) => aceForwardBackward(z, LABELS, SETS, 5).loss, logits);
  assertClose(aceForwardBackward(logits, LABELS, SETS, 5).gradient, numeric, TOLERANCE, "gradient");
});

test("plain marginal Dice: its gradient is a finite difference, overlapping sets and ignore included", () => {
  const logits = normal(45);
  const dice = (z: Float64Array): { loss: number; gradient: Float64Array } =>
    marginalDiceForwardBackward(z, LABELS, SETS, [1, 2, 4], 5);
  const numeric = finiteDifferences((z) => dice(z).loss, logits);
  assertClose(dice(logits).gradient, numeric, TOLERANCE, "gradient");
});

test("a gradient that is off by a millionth is found", () => {
  const logits = normal(45);
  const { gradient } = aceForwardBackward(logits, LABELS, SETS, 5);
  const numeric = finiteDifferences((z) => aceForwardBackward(z, LABELS, SETS, 5).loss, logits);
  assert.throws(() => {
    assertClose(
      gradient.map((g) => g * (1 + 1e-6)),
      numeric,
      TOLERANCE,
      "gradient",
    );
  }, /relative error/);
});

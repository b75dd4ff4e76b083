import assert from "node:assert/strict";
import { test } from "node:test";
import { strategyOf } from "./index.js";

test("fedavg is the mean, and keeps nothing", () => {
  const strategy = strategyOf({ strategy: "fedavg", momentum: 0.5, serverRate: 1 });
  const mean = Float32Array.of(1, 2);
  assert.equal(strategy.vectors, 0);
  assert.deepEqual(strategy.next({ model: Float32Array.of(5, 5), mean, state: [] }), { model: mean, state: [] });
});

/**
 * PyTorch 2.15, torch.optim.SGD([w], lr=0.8, momentum=0.6, nesterov=True) with w.grad = w − mean in each round, float32:
 * its step is the same, for its gradient is −Δ.
 */
const MEANS = [
  [1, -2, 0.25],
  [0.5, -1, 4],
  [2, 3, -1],
];
const TORCH = [
  [1.2800001, -2.8400002, 0.46000004],
  [0.5696, -1.3488, 5.2072],
  [2.348672, 4.2291842, -1.588896],
];

test("fedavgm is PyTorch's SGD with Nesterov momentum on what the mean has against the model", () => {
  const strategy = strategyOf({ strategy: "fedavgm", momentum: 0.6, serverRate: 0.8 });
  assert.equal(strategy.vectors, 1);
  let model: Float32Array = Float32Array.of(0, 1, -0.5);
  let state: readonly Float32Array[] = [];
  for (const [round, mean] of MEANS.entries()) {
    const next = strategy.next({ model, mean: Float32Array.from(mean), state });
    ({ model, state } = next);
    for (const [i, value] of model.entries()) {
      const expected = TORCH[round]?.[i] ?? Number.NaN;
      assert.ok(Math.abs(value - expected) < 1e-6 * Math.max(1, Math.abs(expected)), `${round} ${i}: ${value}`);
    }
  }
});

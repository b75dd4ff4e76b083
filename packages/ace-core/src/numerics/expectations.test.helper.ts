import assert from "node:assert/strict";
import { tf } from "../engine/index.js";
import { assertClose } from "./compare.test.helper.js";
import type { Expected } from "./fixtures.test.helper.js";

export function float(expected: Expected): tf.Tensor {
  return tf.tensor([...expected.values], [...expected.shape], "float32");
}

export function expectTensor(
  actual: tf.Tensor | undefined,
  expected: Expected | undefined,
  tolerance: number,
  what: string,
): void {
  assert.ok(actual !== undefined && expected !== undefined, what);
  assert.deepEqual(actual.shape, expected.shape, what);
  expectClose(actual, expected.values, tolerance, what);
}

interface Expectation {
  readonly tensors: readonly (tf.Tensor | undefined)[];
  readonly verify: (values: readonly ArrayLike<number>[]) => void;
}

/** What the body of a check expects of values that are not read yet: a GPU's can only be waited for. */
let expectations: Expectation[] = [];

/** Keeps tensors beyond their scope and verifies their values when the body is done. */
export function expectValues(tensors: Expectation["tensors"], verify: Expectation["verify"]): void {
  for (const tensor of tensors) if (tensor !== undefined) tf.keep(tensor);
  expectations.push({ tensors, verify });
}

export function expectClose(tensor: tf.Tensor, expected: ArrayLike<number>, tolerance: number, what: string): void {
  expectValues([tensor], ([values = []]) => {
    assertClose(values, expected, tolerance, what);
  });
}

/** Runs a body in a scope, then verifies what it expects. */
export async function withExpectations(body: () => void): Promise<void> {
  expectations = [];
  try {
    tf.tidy(body);
    for (const { tensors, verify } of expectations) {
      verify(await Promise.all(tensors.map(async (tensor) => (await tensor?.data()) ?? [])));
    }
  } finally {
    for (const tensor of expectations.flatMap(({ tensors }) => tensors)) {
      if (tensor?.isDisposed === false) tensor.dispose();
    }
  }
}

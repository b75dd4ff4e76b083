import { tf } from "../tf.js";

/** Runs a kernel with one output on the current engine. */
export function one(kernel: string, inputs: tf.NamedTensorMap, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
}

interface Tuple {
  2: [tf.Tensor, tf.Tensor];
  3: [tf.Tensor, tf.Tensor, tf.Tensor];
  4: [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
}

/** Runs a kernel with two to four outputs on the current engine. */
export function many<N extends keyof Tuple>(
  kernel: string,
  inputs: tf.NamedTensorMap,
  attributes: object,
  outputs: N,
): Tuple[N] {
  const results: tf.Tensor[] = tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
  if (results.length !== outputs) throw new TypeError(`${kernel} made ${results.length} outputs instead of ${outputs}`);
  return results as Tuple[N];
}

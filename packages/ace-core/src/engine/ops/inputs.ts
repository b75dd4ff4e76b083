import type { tf } from "../tf.js";

/** A kernel's inputs by name. */
export interface KernelInputs<T> {
  /** @throws TypeError if the kernel was not given it */
  (name: string): T;
  has(name: string): boolean;
}

/** @param view what the kernel works with, of a tensor */
export function kernelInputs<T>(
  kernelName: string,
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
  view: (tensor: tf.TensorInfo) => T,
): KernelInputs<T> {
  const read = (name: string): T => {
    const tensor = inputs[name];
    if (tensor === undefined) throw new TypeError(`${kernelName} needs ${name}`);
    return view(tensor);
  };
  return Object.assign(read, { has: (name: string) => inputs[name] !== undefined });
}

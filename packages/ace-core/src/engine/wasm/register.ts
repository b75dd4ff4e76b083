import { tf } from "../tf.js";
import { WASM_BACKEND, type WasmBackend } from "./backend.js";

/** Inputs by name, as tfjs hands them over. */
export type Inputs<Names extends string> = Readonly<Record<Names, tf.TensorInfo>>;

/** A kernel of the wasm backend. */
type Kernel<Names extends string, Attributes> = (
  backend: WasmBackend,
  inputs: Inputs<Names>,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** A kernel whose inputs together have fewer elements is computed before another thread is awake. */
const WORTH_THREADS = 8192;

function isTiny(inputs: Inputs<string>): boolean {
  return Object.values(inputs).reduce((sum, tensor) => sum + tf.util.sizeFromShape(tensor.shape), 0) < WORTH_THREADS;
}

/** Makes `run` the kernel `name` of the wasm backend, in place of any that was copied from the plain one. */
export function kernel<Names extends string, Attributes = unknown>(name: string, run: Kernel<Names, Attributes>): void {
  if (tf.getKernel(name, WASM_BACKEND) as unknown) tf.unregisterKernel(name, WASM_BACKEND);
  // tfjs knows neither the names nor the types of a kernel's inputs and attributes.
  const kernelFunc = (call: { inputs: unknown; backend: unknown; attrs?: unknown }): ReturnType<typeof run> => {
    const backend = call.backend as WasmBackend;
    backend.pool.alone = isTiny(call.inputs as Inputs<string>);
    return backend.attempt(() => run(backend, call.inputs as Inputs<Names>, call.attrs as Attributes));
  };
  tf.registerKernel({ kernelName: name, backendName: WASM_BACKEND, kernelFunc });
}

/** Integer sizes of a volume tensor `[batch, depth, height, width, channels]`. */
export function volume(tensor: tf.TensorInfo): [number, number, number, number, number] {
  const [n, d, h, w, c] = tensor.shape;
  if (n === undefined || d === undefined || h === undefined || w === undefined || c === undefined) {
    throw new RangeError(`expected [batch, depth, height, width, channels], got [${tensor.shape.join(", ")}]`);
  }
  return [n, d, h, w, c];
}

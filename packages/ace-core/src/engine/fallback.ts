import { KERNELS } from "./ops/contracts.js";
import { kernelInputs } from "./ops/inputs.js";
import { isComposed, registerNormPool } from "./ops/norm-pool.js";
import { runPlain } from "./plain/index.js";
import type { Array5, Attributes } from "./plain/index.js";
import { tf } from "./tf.js";

/** What every tfjs backend can do that answers at once. */
interface Backend {
  readSync(dataId: object): Float32Array;
  write(values: Float32Array, shape: number[], dtype: "float32"): object;
}

/** The operations of the contracts that a backend has no kernel for. */
export function lackingIn(backendName: string): string[] {
  return Object.values(KERNELS).filter((name) => (tf.getKernel(name, backendName) as unknown) === undefined);
}

/**
 * Lets the plain engine compute what a backend has no kernel for, so that a new operation can be tried on every engine
 * that answers at once before it has a kernel there: its inputs are read back, and the results uploaded. Slow.
 *
 * @returns the operations that are the plain engine's now
 */
export function serveByPlain(backendName: string): string[] {
  if (lackingIn(backendName).some(isComposed)) registerNormPool(backendName);
  for (const kernelName of lackingIn(backendName)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const there = backend as Backend;
        const input = kernelInputs(kernelName, inputs, ({ dataId, shape }): Array5 => ({
          values: there.readSync(dataId),
          shape: shape as unknown as Array5["shape"],
        }));
        const outputs = runPlain(kernelName, input, (attrs ?? {}) as unknown as Attributes).map(
          ({ values, shape }): tf.TensorInfo => {
            const dataId = there.write(Float32Array.from(values), [...shape], "float32");
            return { dataId, shape: [...shape], dtype: "float32" };
          },
        );
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : outputs;
      },
    });
    served.set(backendName, [...(served.get(backendName) ?? []), kernelName]);
  }
  return [...(served.get(backendName) ?? []), ...copied(backendName)];
}

/** By backend, what was registered here. */
const served = new Map<string, readonly string[]>();

/** Operations whose kernel is the plain backend's own, as the wasm backend has it of everything at first. */
function copied(backendName: string): string[] {
  if (backendName === "cpu") return [];
  return Object.values(KERNELS).filter((name) => {
    const [here, plain] = [tf.getKernel(name, backendName), tf.getKernel(name, "cpu")] as [unknown, unknown];
    const funcOf = (kernel: unknown): unknown => (kernel as { kernelFunc?: unknown } | undefined)?.kernelFunc;
    return !isComposed(name) && plain !== undefined && funcOf(here) === funcOf(plain);
  });
}

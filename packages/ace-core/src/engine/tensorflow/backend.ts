import { tf } from "../tf.js";
import { HeldBytes } from "./held.js";

/** What of the native addon is used here. */
export interface Addon {
  readonly TF_Version: string;
  readonly TF_ATTR_TYPE: number;
  readonly TF_FLOAT: number;
}

/** An attribute of an operation of TensorFlow. */
interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number;
}

/** `NodeJSKernelBackend` of `@tensorflow/tfjs-node-gpu`, as far as it is used here; its own types leave most of it out. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: Addon;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(
    operation: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
  createOutputTensor(metadata: object): tf.Tensor;
}
export type NodeBackendClass = new (addon: Addon, packageName: string) => NodeBackend;

/** Operations of TensorFlow whose result is the same memory under another shape. */
const VIEWS = new Set(["Reshape", "ExpandDims", "Squeeze", "Identity"]);

export interface CountingBackend extends NodeBackend {
  readonly held: HeldBytes;
}

/** The backend, which counts what its tensors hold; libtensorflow's own scratch memory cannot be seen. */
export function countingBackend(
  base: NodeBackendClass,
): new (...parameters: ConstructorParameters<NodeBackendClass>) => CountingBackend {
  return class extends base implements CountingBackend {
    readonly held = new HeldBytes();
    #viewed: object | undefined;

    override executeSingleOutput(...call: Parameters<NodeBackend["executeSingleOutput"]>): tf.Tensor {
      const [operation, , inputs] = call;
      this.#viewed = VIEWS.has(operation) ? inputs[0]?.dataId : undefined;
      try {
        return super.executeSingleOutput(...call);
      } finally {
        this.#viewed = undefined;
      }
    }

    override createOutputTensor(metadata: object): tf.Tensor {
      const tensor = super.createOutputTensor(metadata);
      this.held.add(tensor.dataId, tensor.size * tf.util.bytesPerElement(tensor.dtype), this.#viewed);
      return tensor;
    }

    override move(...call: Parameters<tf.KernelBackend["move"]>): void {
      const [id, values] = call;
      super.move(...call);
      this.held.add(id, "byteLength" in values ? values.byteLength : 0);
    }

    override disposeData(id: object, force?: boolean): boolean {
      const gone = super.disposeData(id, force);
      if (gone) this.held.remove(id);
      return gone;
    }
  };
}

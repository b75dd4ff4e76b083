import type { backend_util, DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { SharedHeap } from "./memory.js";

export type Values = backend_util.BackendValues;

/** One tensor's values: a plain array, or a place in shared memory. In tfjs's terms the plain backend's TensorData. */
export class TensorRecord {
  /** Set by the plain backend's complex kernels. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  #array: Values | undefined;
  #pointer = 0;
  #length = 0;

  constructor(
    private readonly heap: SharedHeap,
    values: Values,
    readonly dtype: DataType,
    public refCount: number,
  ) {
    this.values = values;
  }

  /** A record of `length` values in shared memory, whatever is there. */
  static uninitialised(heap: SharedHeap, dtype: "float32" | "int32", length: number): TensorRecord {
    const record = new TensorRecord(heap, EMPTY, dtype, 1);
    record.#length = length;
    record.#pointer = heap.allocate(length * 4);
    record.#array = undefined;
    return record;
  }

  get inHeap(): boolean {
    return this.#pointer !== 0;
  }

  /** What the inherited kernels read and write. Memory that has grown keeps old views valid. */
  get values(): Values {
    return (this.#array ??= this.#view());
  }

  set values(values: Values) {
    this.release();
    // A view on another tensor (a slice, say) would outlive it.
    const shared = ArrayBuffer.isView(values) && values.buffer instanceof SharedArrayBuffer;
    this.#array = shared ? values.slice() : values;
  }

  /** Moves the values to shared memory and returns their address. */
  toHeap(): number {
    if (this.#pointer !== 0) return this.#pointer;
    const values = this.#array;
    if (!(values instanceof Float32Array || values instanceof Int32Array)) {
      throw new TypeError(`a kernel cannot read a tensor of ${this.dtype}`);
    }
    this.#length = values.length;
    this.#pointer = this.heap.allocate(values.byteLength);
    this.#array = undefined;
    (this.#view() as Float32Array | Int32Array).set(values);
    return this.#pointer;
  }

  /** The values in an array of their own. */
  copy(): Values {
    return (this.#view() as Float32Array | Int32Array).slice();
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#pointer !== 0) this.heap.free(this.#pointer);
    this.#pointer = 0;
    this.#array = undefined;
  }

  #view(): Values {
    return this.dtype === "int32"
      ? this.heap.integers(this.#pointer, this.#length)
      : this.heap.floats(this.#pointer, this.#length);
  }
}

const EMPTY = new Float32Array(0);

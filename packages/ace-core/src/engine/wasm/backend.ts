import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import { PlainBackend, tf } from "../tf.js";
import type { SharedHeap } from "./memory.js";
import type { ThreadPool } from "./pool.js";
import { TensorRecord, type Values } from "./record.js";

/** Name of the backend in tfjs. No underscore: tfjs splits its kernel keys there. */
export const WASM_BACKEND = "fedace-wasm";

/** Keys of the backend's tensors. */
interface DataId {
  readonly id: number;
}

/**
 * The tfjs backend of the wasm engine. Its own kernels read and write tensors in shared memory; the operations
 * inherited from the plain backend see the same tensors as typed arrays, and what they make stays a plain array until
 * one of our kernels needs it.
 */
export class WasmBackend extends PlainBackend {
  #nextId = 0;
  /** Tensors that the running kernel has made so far. */
  #made: DataId[] = [];

  constructor(
    readonly heap: SharedHeap,
    readonly pool: ThreadPool,
  ) {
    super();
  }

  override write(values: Values, _shape: number[], dtype: DataType): object {
    const id: DataId = { id: this.#nextId++ };
    this.#store(id, values, dtype, 1);
    return id;
  }

  override move(dataId: object, values: Values, _shape: number[], dtype: DataType, refCount: number): void {
    this.#store(dataId, values, dtype, refCount);
  }

  /** A copy: the tensor's own memory may be given to another one at any time. */
  override readSync(dataId: object): Values {
    const record = this.record(dataId);
    if (!record.inHeap) return super.readSync(dataId);
    return record.copy();
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const record = this.record(dataId);
    const gone = super.disposeData(dataId, force);
    if (gone) record.release();
    return gone;
  }

  /** The address of a tensor's values in shared memory; they are copied there if they are not yet. */
  pointer(tensor: TensorInfo): number {
    return this.record(tensor.dataId).toHeap();
  }

  /** A tensor in shared memory whose values a kernel is about to write. */
  allocate(shape: readonly number[], dtype: "float32" | "int32" = "float32"): { info: TensorInfo; pointer: number } {
    const record = TensorRecord.uninitialised(this.heap, dtype, tf.util.sizeFromShape([...shape]));
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, record);
    this.#made.push(dataId);
    return { info: { dataId, shape: [...shape], dtype }, pointer: record.toHeap() };
  }

  /** Runs a kernel; the tensors that it made go when it fails. */
  attempt<T>(kernel: () => T): T {
    this.#made = [];
    try {
      return kernel();
    } catch (error) {
      for (const dataId of this.#made) this.disposeData(dataId, true);
      throw error;
    }
  }

  /** Runs `body` with `bytes` of scratch memory. */
  scratch<T>(bytes: number, body: (pointer: number) => T): T {
    const pointer = this.heap.allocate(bytes);
    try {
      return body(pointer);
    } finally {
      this.heap.free(pointer);
    }
  }

  private record(dataId: object): TensorRecord {
    return this.data.get(dataId) as unknown as TensorRecord;
  }

  #store(dataId: object, values: Values, dtype: DataType, refCount: number): void {
    this.data.set(dataId, new TensorRecord(this.heap, values, dtype, refCount));
  }
}

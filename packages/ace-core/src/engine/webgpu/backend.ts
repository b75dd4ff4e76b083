import { createRequire } from "node:module";
import { coreError } from "../../foundation/index.js";
import { tf } from "../tf.js";
import type { GpuAdapterInfo, GpuBinding, GpuDevice, GpuPass } from "./gpu.js";
import { numberOf } from "./bindings.js";
import type { DeviceFailure } from "./failure.js";

/**
 * Dispatches between two submissions to the device, tfjs's programs and ours together. A submission costs as much as
 * many dispatches; until the first one the device has nothing to do.
 */
export const DISPATCHES_PER_SUBMIT = 48;

/** The name under which `@tensorflow/tfjs-backend-webgpu` registers its kernels. */
export const WEBGPU_BACKEND = "webgpu";

/** What is used of tfjs's backend beside what every backend has; most of it is private there. */
export interface TfjsWebgpu extends tf.KernelBackend {
  readonly device: GpuDevice;
  readonly bufferManager: {
    numBytesUsed: number;
    numBytesAllocated: number;
    /** By size and usage; the last one is taken next. */
    readonly freeBuffers: ReadonlyMap<string, object[]>;
    acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): object;
    releaseBuffer(buffer: object, reuse?: boolean): void;
  };
  readonly tensorMap: { get(id: object): { values: unknown } };
  commandEncoder: { beginComputePass(): GpuPass } | null;
  computePassEncoder: GpuPass | null;
  dispatchCountInPass: number;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  uploadToGPU(id: object): void;
  tensorToBinding(tensor: tf.TensorInfo): GpuBinding;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  read(id: object): Promise<tf.BackendValues>;
}

type Constructor = new (device: GpuDevice, info: GpuAdapterInfo) => TfjsWebgpu;

const require = createRequire(import.meta.url);

/** Globals of a browser that tfjs's backend looks at while it runs; they go when it is closed. */
const BROWSER_GLOBALS = ["GPUBufferUsage", "GPUMapMode", "GPUBuffer", "GPUTexture", "GPUTextureUsage"] as const;

/** Puts those globals there that are not. @returns takes them away again */
function addGlobals(globals: Readonly<Record<string, unknown>>): () => void {
  const missing = BROWSER_GLOBALS.filter((name) => !(name in globalThis));
  for (const name of missing) (globalThis as Record<string, unknown>)[name] = globals[name];
  return () => {
    for (const name of missing) Reflect.deleteProperty(globalThis, name);
  };
}

/**
 * Gives tfjs's backend the browser that it expects. Only its constructor asks for `navigator.gpu`, so that one is
 * there for `inside` alone.
 */
function inBrowser<T>(inside: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { gpu: {} }, configurable: true, writable: true });
  try {
    return inside();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "navigator");
    else Object.defineProperty(globalThis, "navigator", before);
  }
}

/** tfjs's backend on a device, with its kernels registered; and the most bytes that its buffers have taken. */
interface OpenedBackend {
  readonly backend: TfjsWebgpu;
  readonly peakBytes: () => number;
  /** Takes back what was put into the global scope. */
  readonly removeGlobals: () => void;
}

/**
 * Makes tfjs's backend on a device.
 *
 * @param globals what Dawn would put into a browser's global scope
 * @param failure looked at before results are given out: a wrong number must not leave the device
 */
export function openBackend(
  device: GpuDevice,
  info: GpuAdapterInfo,
  globals: Readonly<Record<string, unknown>>,
  failure: DeviceFailure,
): OpenedBackend {
  // Without `navigator.gpu` the package registers its kernels but no backend of its own.
  const { WebGPUBackend } = require("@tensorflow/tfjs-backend-webgpu") as { WebGPUBackend: Constructor };
  const removeGlobals = addGlobals(globals);
  const backend = inBrowser(() => new WebGPUBackend(device, info));
  reuseAtOnce(backend);
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", DISPATCHES_PER_SUBMIT);
  const { bufferManager } = backend;
  let peak = 0;
  // A buffer may be larger than what a shader can be given of it.
  const largest = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, ...rest) => {
    if (size > largest) throw tooLarge(size, largest);
    try {
      return acquire(size, ...rest);
    } catch (cause) {
      // A buffer that is mapped from the start is refused at once; others tell by an error event.
      if (cause instanceof RangeError) throw outOfMemory(size, cause);
      throw cause;
    } finally {
      peak = Math.max(peak, bufferManager.numBytesAllocated);
    }
  };
  const read = backend.read.bind(backend);
  backend.read = async (id) => {
    failure.check();
    try {
      return await read(id);
    } catch (cause) {
      await failure.settled();
      failure.check();
      throw cause;
    } finally {
      failure.check();
    }
  };
  return { backend, peakBytes: () => peak, removeGlobals };
}

/**
 * Lets a freed buffer be used again by the next command. tfjs keeps those back that recorded commands use until these
 * are submitted, but commands run in the order in which they are recorded: whatever is written into the buffer next, or
 * copied there, comes after them. Of the free ones the oldest comes first, so that the same step soon meets the same
 * buffers again.
 */
function reuseAtOnce(backend: TfjsWebgpu): void {
  const none = { has: () => false, add: () => none };
  Object.defineProperty(backend, "commandQueueOwnedIds", { get: () => none, set: () => undefined });
  const { bufferManager } = backend;
  const release = bufferManager.releaseBuffer.bind(bufferManager);
  bufferManager.releaseBuffer = (buffer, reuse = true) => {
    release(buffer, reuse);
    if (!reuse) return;
    const { size, usage } = buffer as { size: number; usage: number };
    const free = bufferManager.freeBuffers.get(`${size}_${usage}`);
    if (free === undefined) return;
    const number = numberOf(buffer);
    let place = free.length - 1;
    for (; place > 0 && numberOf(free[place - 1] ?? buffer) < number; place--) free[place] = free[place - 1] ?? buffer;
    free[place] = buffer;
  };
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

function tooLarge(size: number, limit: number): Error {
  return coreError(
    "ENGINE_MEMORY",
    `the webgpu engine needs a tensor of ${mib(size)}, and a buffer of this device holds at most ${mib(limit)}`,
    { fields: { needed: size, room: limit } },
  );
}

function outOfMemory(size: number, cause: Error): Error {
  return coreError("ENGINE_MEMORY", `the webgpu engine's device has no room for a buffer of ${mib(size)}`, { cause });
}

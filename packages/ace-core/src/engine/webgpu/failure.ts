import { coreError } from "../../foundation/index.js";
import type { GpuDevice } from "./gpu.js";

/**
 * What has gone wrong on a device since it was opened. WebGPU tells of errors beside the calls that made them and goes
 * on with wrong numbers, so this is asked before any result is used.
 */
export interface DeviceFailure {
  /** @throws ENGINE_MEMORY, ENGINE_FAILED: the first error there was. */
  check(): void;
  /** Lets errors arrive that are on their way. */
  settled(): Promise<void>;
  /** From now on the loss of the device is what was wanted. */
  expectLoss(): void;
}

/** Listens to a device's errors. */
export function watchDevice(device: GpuDevice): DeviceFailure {
  let failed: Error | undefined;
  let closing = false;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault?.();
    failed ??= deviceError(event.error.constructor.name, event.error.message);
  });
  void device.lost.then(({ message }) => {
    if (!closing) failed ??= coreError("ENGINE_FAILED", `the GPU was lost: ${firstLine(message)}`);
  });
  return {
    check: () => {
      if (failed !== undefined && !closing) throw failed;
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    expectLoss: () => {
      closing = true;
    },
  };
}

/** An error as Dawn names it, as one of ours. */
export function deviceError(kind: string, message: string): Error {
  return kind === "GPUOutOfMemoryError" || /OUT_OF_(DEVICE|HOST)_MEMORY/.test(message)
    ? coreError("ENGINE_MEMORY", `the webgpu engine's device is out of memory: ${firstLine(message)}`)
    : coreError("ENGINE_FAILED", `the webgpu engine's device reports an error: ${firstLine(message)}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

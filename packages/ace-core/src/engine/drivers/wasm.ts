import type { EngineDriver } from "../driver.js";
import { PlainBackend, tf } from "../tf.js";
import { registerPlain } from "./plain.js";

const BACKEND = "fedace-wasm";
let registered = false;

/** AssemblyScript kernels on worker threads; every other operation from the plain backend. */
export const wasmDriver: EngineDriver = {
  probe: () => Promise.resolve({ device: "1 thread" }),
  open: async () => {
    registerPlain();
    if (!registered) {
      registered = true;
      tf.copyRegisteredKernels("cpu", BACKEND);
      tf.registerBackend(BACKEND, () => new PlainBackend());
    }
    await tf.setBackend(BACKEND);
    await tf.ready();
    return {
      device: "1 thread",
      threads: 1,
      peakBytes: () => tf.memory().numBytes,
      close: () => Promise.resolve(),
    };
  },
};

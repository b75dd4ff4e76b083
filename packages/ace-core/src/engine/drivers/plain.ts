import type { EngineDriver } from "../driver.js";
import { registerPlainKernels } from "../plain/index.js";
import { PlainBackend, tf } from "../tf.js";

const BACKEND = "cpu";
let registered = false;

/** Registers the plain kernels once, and the quiet plain backend under tfjs's name for it. */
export function registerPlain(): void {
  if (registered) return;
  registered = true;
  registerPlainKernels();
  tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => new PlainBackend());
}

/** Plain JavaScript, one thread: the reference of the tests. */
export const plainDriver: EngineDriver = {
  probe: () => Promise.resolve({ device: "plain JavaScript", processor: "CPU" }),
  open: async () => {
    registerPlain();
    await tf.setBackend(BACKEND);
    await tf.ready();
    return {
      device: "plain JavaScript, 1 thread",
      threads: 1,
      capacityBytes: undefined,
      peakBytes: () => tf.memory().numBytes,
      close: () => Promise.resolve(),
    };
  },
};

import { createRequire } from "node:module";
import util from "node:util";
import type { EngineDriver, Probed } from "../driver.js";
import { findAddon, nodePackage, registerLibraryKernels, registerTensorflowKernels } from "../tensorflow/index.js";
import { tf } from "../tf.js";

const PACKAGE = "@tensorflow/tfjs-node-gpu";
const REMEDY = "Complete it with `fedace-site engine install tensorflow`.";
const require = createRequire(import.meta.url);
let loaded = false;

/** What of the addon and of the package's backend is used here; neither has types that say it. */
interface Addon {
  readonly TF_Version: string;
}
type Backend = new (addon: Addon, packageName: string) => tf.KernelBackend;

/**
 * Loads the addon once. The package's own entry point would look for it in the package's folder alone, and would take
 * the place of a backend in use.
 */
function load(addonPath: string): void {
  if (loaded) return;
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const removed = util as { isNullOrUndefined?: (value: unknown) => boolean };
  removed.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // libtensorflow greets with several lines about the processor; warnings and errors are enough.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  const addon = require(addonPath) as Addon;
  require(`${PACKAGE}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend`) as { NodeJSKernelBackend: Backend };
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(addon, PACKAGE));
  registerLibraryKernels();
  registerTensorflowKernels();
  loaded = true;
}

/** libtensorflow through `@tensorflow/tfjs-node-gpu`: on a GPU where CUDA finds one, else on the CPU. */
export const tensorflowDriver: EngineDriver = {
  probe: (engines) => Promise.resolve(probe(engines)),
  open: async () => {
    await tf.setBackend("tensorflow");
    await tf.ready();
    let peak = 0;
    return {
      device: device(),
      threads: 0,
      capacityBytes: undefined,
      peakBytes: () => (peak = Math.max(peak, tf.memory().numBytes)),
      close: () => Promise.resolve(),
    };
  },
};

function probe(engines: readonly string[]): Probed {
  const found = nodePackage();
  if (found === undefined) return { reason: `${PACKAGE} is not installed`, remedy: "Install FedACE again with npm." };
  const place = findAddon(found, engines);
  if ("reason" in place) return { reason: place.reason, remedy: REMEDY };
  try {
    load(place.addon);
    return { device: device(), processor: processor() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: `its native addon does not load: ${firstLine(message)}`, remedy: REMEDY };
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function backend(): { isUsingGpuDevice?: boolean; binding?: Addon } | null {
  return tf.findBackend("tensorflow") as { isUsingGpuDevice?: boolean; binding?: Addon } | null;
}

function processor(): "CPU" | "GPU" {
  return backend()?.isUsingGpuDevice === true ? "GPU" : "CPU";
}

/** What libtensorflow found, and its version. */
function device(): string {
  return `libtensorflow ${backend()?.binding?.TF_Version ?? "of unknown version"}, ${processor()}`;
}

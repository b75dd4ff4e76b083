import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import type { EngineDriver } from "../driver.js";
import { registerTensorflowKernels } from "../tensorflow/index.js";
import { tf } from "../tf.js";

const PACKAGE = "@tensorflow/tfjs-node-gpu";
const REMEDY = "Complete it with `fedace-site engine install tensorflow`.";
const require = createRequire(import.meta.url);
let loaded = false;

/** The folder of the package, whose native addon the install scripts that we do not run would have put there. */
function packageFolder(): string | undefined {
  try {
    return dirname(require.resolve(`${PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}

/** True when the compiled addon is in its place; the import would throw without it. */
function hasAddon(folder: string): boolean {
  return ["napi-v8", "napi-v9", "napi-v7", "napi-v6", "napi-v5"].some((api) =>
    existsSync(join(folder, "lib", api, "tfjs_binding.node")),
  );
}

/** Loads the addon once; a backend that is in use stays in use. */
async function load(): Promise<void> {
  if (loaded) return;
  const inUse = tf.engine().backendName as string | undefined;
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const removed = util as { isNullOrUndefined?: (value: unknown) => boolean };
  removed.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // libtensorflow greets with several lines about the processor; warnings and errors are enough.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  require(PACKAGE);
  loaded = true;
  registerTensorflowKernels();
  if (inUse !== undefined) await tf.setBackend(inUse);
}

/** libtensorflow through `@tensorflow/tfjs-node-gpu`: on a GPU where CUDA finds one, else on the CPU. */
export const tensorflowDriver: EngineDriver = {
  probe: async () => {
    const folder = packageFolder();
    if (folder === undefined) return { reason: `${PACKAGE} is not installed`, remedy: REMEDY };
    if (!hasAddon(folder)) return { reason: "its native addon is missing", remedy: REMEDY };
    try {
      await load();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { reason: `its native addon does not load: ${firstLine(message)}`, remedy: REMEDY };
    }
    return { device: device() };
  },
  open: async () => {
    await load();
    await tf.setBackend("tensorflow");
    await tf.ready();
    let peak = 0;
    return {
      device: device(),
      threads: 0,
      peakBytes: () => (peak = Math.max(peak, tf.memory().numBytes)),
      close: () => Promise.resolve(),
    };
  },
};

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

/** What libtensorflow found. */
function device(): string {
  const backend = tf.findBackend("tensorflow") as { isUsingGpuDevice?: boolean } | null;
  return backend?.isUsingGpuDevice === true ? "libtensorflow, GPU" : "libtensorflow, CPU";
}

import { createRequire } from "node:module";
import util from "node:util";
import { tf } from "../tf.js";
import { countingBackend } from "./backend.js";
import type { Addon, CountingBackend, NodeBackendClass } from "./backend.js";
import { PACKAGE } from "./addon.js";
import type { FoundAddon } from "./addon.js";
import { registerLibraryKernels } from "./library.js";
import { registerTensorflowKernels } from "./register.js";

const BACKEND = "tensorflow";
const THREADS = "TF_NUM_INTRAOP_THREADS";
const require = createRequire(import.meta.url);

/**
 * What libtensorflow says on standard error while it is loaded, before any setting can keep it from that: that
 * oneDNN is in use, and that its logging is not set up.
 */
const GREETING = /absl::InitializeLog|oneDNN custom operations are on/;

export interface LoadedTensorflow {
  readonly backend: CountingBackend;
  /** That one operation may use on the CPU. */
  readonly threads: number;
}

/**
 * Loads the addon and registers the backend; once per process. The package's own entry point would look for the addon
 * in the package's folder alone, and would take the place of a backend in use.
 *
 * @param threads unless the environment says otherwise to libtensorflow, which reads it here and never again
 */
export function loadTensorflow({ addon: path, loader }: FoundAddon, threads: number): LoadedTensorflow {
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const removed = util as { isNullOrUndefined?: (value: unknown) => boolean };
  removed.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // libtensorflow tells several lines about the processor; warnings and errors are enough.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  process.env[THREADS] ??= String(threads);
  if (loader !== undefined) loadQuietly(loader, path);
  const addon = require(path) as Addon;
  require(`${PACKAGE}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend`) as {
    NodeJSKernelBackend: NodeBackendClass;
  };
  const backend = new (countingBackend(NodeJSKernelBackend))(addon, PACKAGE);
  tf.registerBackend(BACKEND, () => backend);
  registerLibraryKernels();
  registerTensorflowKernels(BACKEND);
  return { backend, threads: Number(process.env[THREADS]) };
}

/** Loads the addon with its libraries; what they say besides their greeting goes to standard error. */
function loadQuietly(loader: string, addon: string): void {
  const load = require(loader) as (path: string) => string;
  const said = load(addon)
    .split("\n")
    .filter((line) => line !== "" && !GREETING.test(line));
  for (const line of said) process.stderr.write(`${line}\n`);
}

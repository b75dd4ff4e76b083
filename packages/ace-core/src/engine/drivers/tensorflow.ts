import { availableParallelism } from "node:os";
import type { EngineDriver, Probed } from "../driver.js";
import { PACKAGE, findAddon, loadTensorflow, nodePackage } from "../tensorflow/index.js";
import type { LoadedTensorflow } from "../tensorflow/index.js";
import { tf } from "../tf.js";

const REMEDY = "Complete it with `fedace-site engine install tensorflow`.";
let loaded: LoadedTensorflow | undefined;

/** libtensorflow through `@tensorflow/tfjs-node-gpu`: on a GPU where CUDA finds one, else on the CPU. */
export const tensorflowDriver: EngineDriver = {
  probe: (engines, threads) => Promise.resolve(probe(engines, threads)),
  open: async () => {
    if (loaded === undefined) throw new TypeError("an engine is probed before it is opened");
    const { backend, threads } = loaded;
    await tf.setBackend("tensorflow");
    await tf.ready();
    backend.held.restart();
    return {
      device: device(loaded),
      threads,
      capacityBytes: undefined,
      peakBytes: () => backend.held.peak,
      close: () => Promise.resolve(),
    };
  },
};

/** libtensorflow is loaded once per process: the first who asks decides on the threads. */
function probe(engines: readonly string[], threads = availableParallelism()): Probed {
  const found = nodePackage();
  if (found === undefined) return { reason: `${PACKAGE} is not installed`, remedy: "Install FedACE again with npm." };
  const place = findAddon(found, engines);
  if ("reason" in place) return { reason: place.reason, remedy: REMEDY };
  try {
    loaded ??= loadTensorflow(place, threads);
    return { device: device(loaded), processor: processor(loaded) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: `its native addon does not load: ${firstLine(message)}`, remedy: REMEDY };
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function processor({ backend }: LoadedTensorflow): "CPU" | "GPU" {
  return backend.isUsingGpuDevice ? "GPU" : "CPU";
}

/** What libtensorflow found, and its version. */
function device(found: LoadedTensorflow): string {
  const { TF_Version } = found.backend.binding;
  const threads = found.backend.isUsingGpuDevice
    ? ""
    : `, ${found.threads} ${found.threads === 1 ? "thread" : "threads"}`;
  return `libtensorflow ${TF_Version}, ${processor(found)}${threads}`;
}

import { coreError } from "../../foundation/index.js";
import type { EngineDriver, OpenedDriver, Probed } from "../driver.js";
import { tf } from "../tf.js";
import {
  adapterOf,
  DAWN_OPTIONS,
  describeAdapter,
  judge,
  loadDawn,
  lookForAdapter,
  openBackend,
  registerWebgpuKernels,
  requestDevice,
  watchDevice,
  WEBGPU_BACKEND,
} from "../webgpu/index.js";
import type { Look } from "../webgpu/index.js";

interface WebgpuDriverOptions {
  /** How adapters are looked for. Default: in a process of its own. */
  readonly look?: () => Promise<Look>;
}

/** Any GPU with a Vulkan, Metal or D3D12 driver, through tfjs's webgpu backend on Dawn, with kernels of our own. */
export function webgpuDriver({ look = lookForAdapter }: WebgpuDriverOptions = {}): EngineDriver {
  // Adapters do not come and go; looking takes a process.
  let probed: Promise<Probed> | undefined;
  return {
    probe: () => (probed ??= look().then(judge)),
    open: () => open(),
  };
}

/** Dawn ends when this object is collected, its devices with it. */
const inUse = new Set<object>();

/**
 * @throws ENGINE_UNAVAILABLE, ENGINE_MEMORY
 */
async function open(): Promise<OpenedDriver> {
  const dawn = await loadDawn();
  const gpu = dawn.create(DAWN_OPTIONS);
  inUse.add(gpu);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw coreError("ENGINE_UNAVAILABLE", "the webgpu engine cannot run here: the GPU is gone");
  const report = adapterOf(adapter);
  const device = await requestDevice(adapter).catch((cause: unknown) => {
    throw coreError("ENGINE_UNAVAILABLE", `the webgpu engine cannot open the GPU: ${String(cause)}`, { cause });
  });
  const failure = watchDevice(device);
  const { backend, peakBytes, removeGlobals } = openBackend(device, adapter.info, dawn.globals, failure);
  registerWebgpuKernels();
  if (tf.engine().registryFactory[WEBGPU_BACKEND] !== undefined) tf.removeBackend(WEBGPU_BACKEND);
  tf.registerBackend(WEBGPU_BACKEND, () => backend);
  await tf.setBackend(WEBGPU_BACKEND);
  return {
    device: describeAdapter(report),
    threads: 0,
    capacityBytes: undefined,
    largestTensorBytes: report.largest,
    answersAtOnce: false,
    mixedPrecision: report.features.includes("shader-f16"),
    peakBytes,
    close: async () => {
      failure.expectLoss();
      tf.removeBackend(WEBGPU_BACKEND);
      // Nothing is on its way any more when the device goes.
      await device.queue.onSubmittedWorkDone().catch(() => undefined);
      device.destroy();
      await device.lost;
      removeGlobals();
      inUse.delete(gpu);
    },
  };
}

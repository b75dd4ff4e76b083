/** Speed of each convolution of the `small` network, beside that of bare multiply-adds. Argument: threads. */
import { openEngine, tf } from "@fedace/ace-core/engine";
import { KERNELS } from "@fedace/ace-core/engine/ops";
import type { WasmBackend } from "@fedace/ace-core/engine/wasm";

/** GFLOP/s of one convolution: forward, gradient in the input, gradient in the filter. */
export interface LayerSpeed {
  readonly layer: string;
  readonly forward: number;
  readonly input: number;
  readonly filter: number;
}

export interface LayerReport {
  readonly device: string;
  /** GFLOP/s of multiply-adds in registers. */
  readonly bare: number;
  readonly layers: readonly LayerSpeed[];
}

const threads = Number(process.argv[2] ?? 1);
const BATCH = 7;
const REPEATS = 7;
/** Side, input channels, output channels, window. */
const LAYERS = [
  [32, 2, 8, 3],
  [32, 8, 8, 3],
  [16, 8, 16, 3],
  [16, 16, 16, 3],
  [8, 16, 32, 3],
  [8, 32, 32, 3],
  [32, 8, 5, 1],
] as const;

/** Shortest time of a few runs, in seconds. */
function seconds(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

const engine = await openEngine({ choice: "wasm", threads });
const { heap, pool } = tf.backend() as unknown as WasmBackend;

function bareSpeed(): number {
  const rounds = 2_000_000;
  const out = heap.allocate(16 * threads);
  const time = seconds(() => {
    pool.run("multiplyAdd", threads, [out, rounds]);
  });
  heap.free(out);
  return (threads * rounds * 12 * 4 * 2) / time / 1e9;
}

function layerSpeed([side, inputs, outputs, window]: (typeof LAYERS)[number]): LayerSpeed {
  const x = tf.randomNormal([BATCH, side, side, side, inputs]);
  const dy = tf.randomNormal([BATCH, side, side, side, outputs]);
  const filter = tf.randomNormal([window, window, window, inputs, outputs]);
  const bias = tf.zeros([outputs]);
  const operations = 2 * BATCH * side ** 3 * window ** 3 * inputs * outputs;
  const speed = (kernel: string, tensors: tf.NamedTensorMap, attributes = {}): number =>
    operations /
    1e9 /
    seconds(() => {
      tf.dispose(tf.engine().runKernel(kernel, tensors, attributes));
    });
  const result = {
    layer: `${window}³, ${inputs} → ${outputs} at ${side}³`,
    forward: speed(KERNELS.conv3d, { x, filter, bias }),
    input: speed(KERNELS.conv3dGradInput, { dy, filter }),
    filter: speed(KERNELS.conv3dGradFilter, { x, dy }, { kernel: [window, window, window] }),
  };
  tf.dispose([x, dy, filter, bias]);
  return result;
}

const report: LayerReport = { device: engine.device, bare: bareSpeed(), layers: LAYERS.map(layerSpeed) };
process.stdout.write(`${JSON.stringify(report)}\n`);
await engine.close();

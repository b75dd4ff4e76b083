/**
 * Speed of each convolution of a network on one engine, beside what bounds it. Arguments: engine, threads, preset, batch,
 * side. Multiplications and additions of the direct convolution count; Winograd's transform needs about half of them.
 */
import { openEngine, tf } from "@fedace/ace-core/engine";
import type { EngineName } from "@fedace/ace-core/engine";
import { KERNELS } from "@fedace/ace-core/engine/ops";
import type { WasmBackend } from "@fedace/ace-core/engine/wasm";
import { channelsAt, modelSpec } from "@fedace/ace-core/model";
import type { ModelPreset } from "@fedace/ace-core/protocol";

/** GFLOP/s of one convolution: forward, gradient in the input, gradient in the filter. */
interface LayerSpeed {
  readonly layer: string;
  readonly forward: number;
  readonly input: number;
  readonly filter: number;
}

export interface LayerReport {
  readonly engine: string;
  readonly device: string;
  /** What the convolutions are compared with. */
  readonly reference: { readonly what: string; readonly gflops: number };
  readonly layers: readonly LayerSpeed[];
}

const [name = "wasm", threadCount = "1", preset = "small", batchSize = "7", sideLength = "32"] = process.argv.slice(2);
const [threads, batch, side] = [Number(threadCount), Number(batchSize), Number(sideLength)];
const REPEATS = 5;

/** Shortest time of a few runs, in seconds; a value is read, so that nothing is still on its way. */
function seconds(run: () => tf.Tensor | undefined): number {
  let best = Infinity;
  for (let i = 0; i <= REPEATS; i++) {
    const start = performance.now();
    const result = run();
    if (result !== undefined) tf.tidy(() => tf.slice(tf.reshape(result, [-1]), 0, 1).dataSync());
    const time = (performance.now() - start) / 1000;
    result?.dispose();
    if (i > 0) best = Math.min(best, time);
  }
  return best;
}

const engine = await openEngine({ choice: name as EngineName, threads });

/** Multiply-adds of the same instruction set in registers, which only our own kernels can show. */
function bareSpeed(): LayerReport["reference"] {
  const { heap, pool } = tf.backend() as unknown as WasmBackend;
  const rounds = 2_000_000;
  const out = heap.allocate(16 * threads);
  const time = seconds(() => {
    pool.run("multiplyAdd", threads, [out, rounds]);
    return undefined;
  });
  heap.free(out);
  return { what: "bare multiply-add", gflops: (threads * rounds * 12 * 4 * 2) / time / 1e9 };
}

/** The largest matrix product of the library, for engines whose instructions are out of reach. */
function productSpeed(): LayerReport["reference"] {
  const size = 1536;
  const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])];
  const time = seconds(() => tf.matMul(a, b));
  tf.dispose([a, b]);
  return { what: `matrix product of ${size}²`, gflops: (2 * size ** 3) / time / 1e9 };
}

function layerSpeed(at: number, inputs: number, outputs: number): LayerSpeed {
  const x = tf.randomNormal([batch, at, at, at, inputs]);
  const dy = tf.randomNormal([batch, at, at, at, outputs]);
  const filter = tf.randomNormal([3, 3, 3, inputs, outputs]);
  const gflop = (2 * batch * at ** 3 * 27 * inputs * outputs) / 1e9;
  const speed = (kernel: string, tensors: tf.NamedTensorMap, attributes = {}): number =>
    gflop / seconds(() => tf.engine().runKernel(kernel, tensors, attributes));
  const result = {
    layer: `3³, ${inputs} → ${outputs} at ${batch} × ${at}³`,
    forward: speed(KERNELS.conv3d, { x, filter }),
    input: speed(KERNELS.conv3dGradInput, { dy, filter }),
    filter: speed(KERNELS.conv3dGradFilter, { x, dy }, { kernel: [3, 3, 3] }),
  };
  tf.dispose([x, dy, filter]);
  return result;
}

const spec = modelSpec({ preset: preset as ModelPreset }, 2, 5);
const layers: LayerSpeed[] = [];
for (let level = 0; level < spec.levels; level++) {
  const here = channelsAt(spec, level);
  const from = level === 0 ? spec.inputs : channelsAt(spec, level - 1);
  for (const inputs of [from, here]) layers.push(layerSpeed(side / 2 ** level, inputs, here));
}
const reference = engine.name === "wasm" ? bareSpeed() : productSpeed();
process.stdout.write(
  `${JSON.stringify({ engine: engine.name, device: engine.device, reference, layers } satisfies LayerReport)}\n`,
);
await engine.close();

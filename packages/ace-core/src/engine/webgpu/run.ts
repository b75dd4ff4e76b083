import type { tf } from "../tf.js";
import type { TfjsWebgpu } from "./backend.js";
import type { GpuPipeline } from "./gpu.js";
import type { Shader } from "./shaders/shader.js";

/** Dispatches between two submissions to the device: tfjs's own number. */
const DISPATCHES_PER_SUBMIT = 15;

/** What a kernel does on the device. */
export interface Runner {
  /** The shader's features are there: 16 bit floats. */
  readonly half: boolean;
  /** A new tensor. */
  make(shape: readonly number[]): tf.TensorInfo;
  /** A shader that is made once for one set of values. */
  shader<T extends readonly unknown[]>(build: (...values: T) => Shader, ...values: T): Shader;
  /** Records one dispatch: inputs first, then outputs, in the order of the shader's bindings. */
  run(
    shader: Shader,
    inputs: readonly tf.TensorInfo[],
    outputs: readonly tf.TensorInfo[],
    uniforms?: readonly number[],
  ): void;
  /** Frees tensors that only the kernel itself needed. */
  free(...tensors: readonly tf.TensorInfo[]): void;
}

interface Compiled {
  readonly pipeline: GpuPipeline;
  readonly layout: object;
}

/** Shaders and pipelines belong to a device, and go with its backend. */
const runners = new WeakMap<TfjsWebgpu, Runner>();

/** The runner of a backend. */
export function runnerOf(backend: TfjsWebgpu): Runner {
  const known = runners.get(backend);
  if (known !== undefined) return known;
  const made = createRunner(backend);
  runners.set(backend, made);
  return made;
}

function createRunner(backend: TfjsWebgpu): Runner {
  const { device } = backend;
  const shaders = new Map<string, Shader>();
  const pipelines = new Map<Shader, Compiled>();
  const compiled = (shader: Shader): Compiled => {
    const known = pipelines.get(shader);
    if (known !== undefined) return known;
    const { code, label } = shader;
    const compute = { module: device.createShaderModule({ code, label }), entryPoint: "main" };
    const pipeline = device.createComputePipeline({ label, layout: "auto", compute });
    const made = { pipeline, layout: pipeline.getBindGroupLayout(0) };
    pipelines.set(shader, made);
    return made;
  };
  return {
    half: device.features.has("shader-f16"),
    make: (shape) => backend.makeTensorInfo([...shape], "float32"),
    shader: (build, ...values) => {
      const key = build.name + JSON.stringify(values);
      let known = shaders.get(key);
      if (known === undefined) {
        known = build(...values);
        shaders.set(key, known);
      }
      return known;
    },
    run: (shader, inputs, outputs, uniforms) => {
      const { pipeline, layout } = compiled(shader);
      const tensors = [...inputs, ...outputs];
      for (const { dataId } of tensors) {
        backend.uploadToGPU(dataId);
        backend.commandQueueOwnedIds.add(dataId);
      }
      const bindings = tensors.map((tensor) => backend.tensorToBinding(tensor));
      if (uniforms !== undefined) bindings.push(backend.makeUniforms(padded(uniforms)));
      const entries = bindings.map((resource, binding) => ({ binding, resource }));
      const group = device.createBindGroup({ layout, entries });
      backend.ensureCommandEncoderReady();
      const pass = (backend.computePassEncoder ??= backend.commandEncoder.beginComputePass());
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...shader.grid);
      if (++backend.dispatchCountInPass >= DISPATCHES_PER_SUBMIT) {
        backend.endComputePassEncoder();
        backend.submitQueue();
      }
    },
    free: (...tensors) => {
      for (const { dataId } of tensors) backend.disposeData(dataId);
    },
  };
}

/** Uniforms as vectors of four. */
function padded(values: readonly number[]): { type: "float32"; data: number[] }[] {
  return Array.from({ length: Math.ceil(values.length / 4) }, (_, i) => ({
    type: "float32" as const,
    data: [0, 1, 2, 3].map((j) => values[4 * i + j] ?? 0),
  }));
}

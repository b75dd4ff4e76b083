import type { tf } from "../tf.js";
import { DISPATCHES_PER_SUBMIT } from "./backend.js";
import type { TfjsWebgpu } from "./backend.js";
import { createBindings } from "./bindings.js";
import type { Bindings } from "./bindings.js";
import type { GpuPass, GpuPipeline } from "./gpu.js";
import type { Shader } from "./shaders/shader.js";
import { createUniforms } from "./uniforms.js";

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
  readonly bindings: Bindings;
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
  const submit = (): void => {
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  const uniformsOf = createUniforms(device, () => {
    if (backend.commandEncoder !== null) submit();
  });
  const compiled = (shader: Shader): Compiled => {
    const known = pipelines.get(shader);
    if (known !== undefined) return known;
    const { code, label } = shader;
    const compute = { module: device.createShaderModule({ code, label }), entryPoint: "main" };
    const pipeline = device.createComputePipeline({ label, layout: "auto", compute });
    const made = { pipeline, bindings: createBindings(device, pipeline.getBindGroupLayout(0)) };
    pipelines.set(shader, made);
    return made;
  };
  const bufferOf = (tensor: tf.TensorInfo): object => {
    backend.uploadToGPU(tensor.dataId);
    return backend.tensorToBinding(tensor).buffer;
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
      const { pipeline, bindings } = compiled(shader);
      const buffers = [...inputs, ...outputs].map(bufferOf);
      if (uniforms !== undefined) buffers.push(uniformsOf(uniforms));
      const group = bindings.group(buffers);
      const pass = passOf(backend);
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...shader.grid);
      if (++backend.dispatchCountInPass >= DISPATCHES_PER_SUBMIT) submit();
    },
    free: (...tensors) => {
      for (const { dataId } of tensors) backend.disposeData(dataId);
    },
  };
}

/** The pass that is being recorded, a new one where there is none. */
function passOf(backend: TfjsWebgpu): GpuPass {
  backend.ensureCommandEncoderReady();
  if (backend.commandEncoder === null) throw new TypeError("there is no command encoder");
  return (backend.computePassEncoder ??= backend.commandEncoder.beginComputePass());
}

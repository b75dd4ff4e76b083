import type { GpuBuffer, GpuDevice } from "./gpu.js";

/** `GPUBufferUsage.UNIFORM` */
const UNIFORM = 0x40;
/** Sets of values that are kept: those of a training step are the same for every variable, and often for every step. */
const MOST_BUFFERS = 64;

/**
 * Buffers of float uniforms, as vectors of four, one for each set of values that there is.
 *
 * @param submit sends what is recorded to the device: no command that uses a buffer may come after its end.
 */
export function createUniforms(
  device: Pick<GpuDevice, "createBuffer">,
  submit: () => void,
): (values: readonly number[]) => GpuBuffer {
  const buffers = new Map<string, GpuBuffer>();
  return (values) => {
    const key = values.join();
    const known = buffers.get(key);
    if (known !== undefined) return known;
    if (buffers.size >= MOST_BUFFERS) {
      submit();
      for (const buffer of buffers.values()) buffer.destroy();
      buffers.clear();
    }
    const size = 16 * Math.ceil(values.length / 4);
    const buffer = device.createBuffer({ size, usage: UNIFORM, mappedAtCreation: true });
    new Float32Array(buffer.getMappedRange()).set(values);
    buffer.unmap();
    buffers.set(key, buffer);
    return buffer;
  };
}

/** Registers the kernels made of tfjs operations on the tfjs backend `tensorflow`. */
export function registerTensorflowKernels(): void {
  return;
}

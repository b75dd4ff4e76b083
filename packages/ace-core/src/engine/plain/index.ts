/** Registers the plain reference kernels on the tfjs backend `cpu`. */
export function registerPlainKernels(): void {
  return;
}

import { KERNELS } from "../ops/contracts.js";
import { kernel, volume } from "./register.js";

/** Registers 2×2×2 maximum pooling and its gradient. */
export function registerPooling(): void {
  kernel<"x">(KERNELS.maxPool3d, (backend, { x }) => {
    const [n, dd, hh, ww, channels] = volume(x);
    const [d, h, w] = [dd / 2, hh / 2, ww / 2];
    const y = backend.allocate([n, d, h, w, channels]);
    backend.pool.run("maxPool", n * d, [backend.pointer(x), y.pointer, d, h, w, channels]);
    return y.info;
  });
  kernel<"dy" | "x" | "y">(KERNELS.maxPool3dGrad, (backend, { dy, x, y }) => {
    const [n, d, h, w, channels] = volume(y);
    const dx = backend.allocate(x.shape);
    const pointers = [backend.pointer(dy), backend.pointer(x), backend.pointer(y), dx.pointer];
    backend.pool.run("maxPoolGrad", n * d, [...pointers, d, h, w, channels, 0]);
    return dx.info;
  });
}

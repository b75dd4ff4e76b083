import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { WebAssembly, type WasmModule } from "./webassembly.js";

/** The compiled kernels and how they multiply and add. */
interface KernelModule {
  readonly module: WasmModule;
  /** `relaxed SIMD` (fused multiply-add) or `SIMD`. */
  readonly instructions: "relaxed SIMD" | "SIMD";
}

export type KernelBuild = "relaxed" | "simd";

/** V8's flag for what Node 22 and later have by default. Node 20 understands it, and takes it while running. */
const RELAXED_FLAG = "--experimental-wasm-relaxed-simd";

/** Why the kernels cannot run here. */
interface KernelsMissing {
  readonly reason: string;
  readonly remedy: string;
}

/**
 * Reads and compiles the fastest build of the kernels that this Node can run.
 * @param builds The builds to try, best first. Default: relaxed SIMD, then plain SIMD.
 */
export async function loadKernels(
  builds: readonly KernelBuild[] = ["relaxed", "simd"],
): Promise<KernelModule | KernelsMissing> {
  if (typeof SharedArrayBuffer !== "function") {
    return {
      reason: "this Node has no shared memory",
      remedy: "Use Node 20.19 or later, without flags that remove it.",
    };
  }
  for (const build of builds) {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await readFile(new URL(`./kernels-${build}.wasm`, import.meta.url)));
    } catch {
      return { reason: "its kernels are not built", remedy: "Run `npm run build`, or install the package again." };
    }
    if (build === "relaxed" && !WebAssembly.validate(bytes)) setFlagsFromString(RELAXED_FLAG);
    if (!WebAssembly.validate(bytes)) continue;
    return { module: await WebAssembly.compile(bytes), instructions: build === "relaxed" ? "relaxed SIMD" : "SIMD" };
  }
  return { reason: "this processor or this Node has no 128-bit SIMD", remedy: "Use a processor with SSE4.1 or NEON." };
}

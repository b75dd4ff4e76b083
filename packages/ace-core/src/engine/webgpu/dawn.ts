import type { Gpu } from "./gpu.js";

/** The npm package `webgpu`: Dawn, Chromium's WebGPU, for Node. */
interface Dawn {
  /** @param options `name=value` of Dawn itself, such as `backend=null` */
  create(options: readonly string[]): Gpu;
  /** What a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * What Dawn is asked for beside its defaults: 16 bit floats on NVIDIA's cards, which it leaves out because of a few
 * functions of WGSL that our shaders do not use.
 */
export const DAWN_OPTIONS: readonly string[] = ["enable-dawn-features=vulkan_enable_f16_on_nvidia"];

/** Not a literal in the import: its declarations would add a browser's globals to the whole project. */
const PACKAGE = ["webgpu"].join("");

/** Loads Dawn into this process: 20 MB, so only where it is used. Fails where its binary does not fit the system. */
export async function loadDawn(): Promise<Dawn> {
  // Layers that draw over games, or look for a screen and complain on the console that there is none.
  process.env["VK_LOADER_LAYERS_DISABLE"] ??= "~implicit~";
  return (await import(PACKAGE)) as Dawn;
}

import { coreError } from "../foundation/index.js";
import type { EngineDriver } from "./driver.js";
import { lackingIn, serveByPlain } from "./fallback.js";
import { plainDriver } from "./drivers/plain.js";
import { tensorflowDriver } from "./drivers/tensorflow.js";
import { wasmDriver } from "./drivers/wasm.js";
import { webgpuDriver } from "./drivers/webgpu.js";
import { tf } from "./tf.js";
import type { Engine, EngineName, EngineStatus, OpenEngineOptions } from "./types.js";

const DRIVERS: Readonly<Record<EngineName, EngineDriver>> = {
  tensorflow: tensorflowDriver,
  webgpu: webgpuDriver(),
  wasm: wasmDriver(),
  plain: plainDriver,
};

/** The engines a user can choose; `plain` is for tests. */
const LISTED = ["tensorflow", "webgpu", "wasm"] as const;

/**
 * The order in which `auto` tries: a GPU first; without one, the wasm engine, whose training step takes less time than
 * libtensorflow's on a CPU (`npm run bench -- engines`).
 */
const PREFERENCE: readonly { readonly name: EngineName; readonly onlyWith?: "GPU" }[] = [
  { name: "tensorflow", onlyWith: "GPU" },
  { name: "webgpu", onlyWith: "GPU" },
  { name: "wasm" },
  { name: "tensorflow" },
];

/**
 * Opens an engine and makes it the tfjs backend of this process. Close the one before opening another.
 *
 * @throws ENGINE_UNAVAILABLE when the engine asked for, or with `auto` every engine, cannot run here.
 * @throws ENGINE_MEMORY when its memory cannot be reserved.
 */
export async function openEngine(options: OpenEngineOptions = {}): Promise<Engine> {
  const choice = options.choice ?? "auto";
  const passedOver: string[] = [];
  const candidates: typeof PREFERENCE = choice === "auto" ? PREFERENCE : [{ name: choice }];
  for (const { name, onlyWith } of candidates) {
    const driver = DRIVERS[name];
    const found = await driver.probe(options.engines ?? [], options.threads);
    if ("reason" in found) {
      if (choice !== "auto") {
        throw coreError("ENGINE_UNAVAILABLE", `the ${name} engine cannot run here: ${found.reason}`, {
          remedy: found.remedy,
        });
      }
      passedOver.push(`${name}: ${found.reason}`);
      continue;
    }
    if (onlyWith !== undefined && found.processor !== onlyWith) {
      passedOver.push(`${name}: no ${onlyWith}`);
      continue;
    }
    const opened = await driver.open(options.threads);
    const lacking = lackingIn(tf.getBackend());
    if (lacking.length > 0 && opened.answersAtOnce === false) {
      await opened.close();
      const reason = `it has no ${lacking.join(", ")}, and cannot wait for the plain engine`;
      if (choice !== "auto") throw coreError("ENGINE_UNAVAILABLE", `the ${name} engine cannot run here: ${reason}`);
      passedOver.push(`${name}: ${reason}`);
      continue;
    }
    const plain = serveByPlain(tf.getBackend());
    const slow = plain.length === 0 ? "" : `; ${plain.join(", ")} by the plain engine, slowly`;
    const why = choice === "auto" ? passedOver.join("; ") : "asked for";
    return {
      name,
      device: opened.device,
      processor: found.processor,
      reason: `${name}: ${opened.device}${why === "" ? "" : ` (${why})`}${slow}`,
      threads: opened.threads,
      capacityBytes: opened.capacityBytes,
      largestTensorBytes: opened.largestTensorBytes,
      mixedPrecision: opened.mixedPrecision ?? false,
      peakBytes: () => opened.peakBytes(),
      idleBytes: () => opened.idleBytes?.() ?? 0,
      close: () => opened.close(),
    };
  }
  throw coreError("ENGINE_UNAVAILABLE", `no engine can run here: ${passedOver.join("; ")}`);
}

/**
 * Every engine a user can choose, and whether it runs here; for `fedace-site engine list`.
 *
 * @param engines folders in which `engine install` may have put engines, besides the user's cache
 */
export async function listEngines(engines: readonly string[] = []): Promise<readonly EngineStatus[]> {
  return Promise.all(
    LISTED.map(async (name): Promise<EngineStatus> => {
      const found = await DRIVERS[name].probe(engines);
      return "reason" in found ? { name, usable: false, ...found } : { name, usable: true, device: found.device };
    }),
  );
}

/** Contestant: one of our engines. Arguments: engine, threads, preset, batch, side, checkpointing (1 or 0). */
import { openEngine } from "@fedace/ace-core/engine";
import type { EngineName } from "@fedace/ace-core/engine";
import type { ModelPreset } from "@fedace/ace-core/model";
import { problem } from "./problem.js";
import { serve } from "./serve.js";
import { startTraining } from "./step.js";

const [choice = "wasm", threads = "1", preset = "small", batch = "7", side = "32", checkpointing = "0"] =
  process.argv.slice(2);
const engine = await openEngine({ choice: choice as EngineName, threads: Number(threads) });
const patch = [Number(side), Number(side), Number(side)] as const;
const training = startTraining(
  problem({ preset: preset as ModelPreset }, Number(batch), patch, { checkpointing: checkpointing === "1" }),
);
await serve(
  { device: engine.device },
  () => training.step(),
  () => engine.peakBytes(),
);
training.dispose();
await engine.close();

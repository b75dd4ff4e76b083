/** Contestant: our wasm engine. Argument: threads. */
import { openEngine } from "@fedace/ace-core/engine";
import { problem } from "./problem.js";
import { serve } from "./serve.js";
import { startTraining } from "./step.js";

const engine = await openEngine({ choice: "wasm", threads: Number(process.argv[2] ?? 1) });
const training = startTraining(problem());
await serve({ device: engine.device }, () => training.step());
await engine.close();

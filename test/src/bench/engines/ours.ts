/** Contestant: one of our engines. Argument: one JSON object, {@link Request}. */
import { openEngine } from "@fedace/ace-core/engine";
import type { EngineName } from "@fedace/ace-core/engine";
import type { Precision } from "@fedace/ace-core/engine/ops";
import type { Case } from "./cases.js";
import { problem } from "./problem.js";
import { serve } from "./serve.js";
import { startTraining } from "./step.js";

export interface Request extends Case {
  readonly engine: EngineName;
  readonly threads: number;
  readonly checkpointing: boolean;
  readonly precision: Precision;
}

const request = JSON.parse(process.argv[2] ?? "{}") as Request;
const { preset, batch, side, threads, checkpointing, precision } = request;
const engine = await openEngine({ choice: request.engine, threads });
const training = startTraining(problem({ preset }, batch, [side, side, side], { checkpointing, precision }));
await serve(
  { device: engine.device },
  () => training.step(),
  () => engine.peakBytes(),
);
training.dispose();
await engine.close();

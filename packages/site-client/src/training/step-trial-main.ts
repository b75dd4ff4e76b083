/** Started by `step-trial.ts` with an engine, a plan and folders of engines: prints its result as one line of JSON. */
import { openEngine } from "@fedace/ace-core/engine";
import type { EngineName } from "@fedace/ace-core/engine";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { resolveLabelMap } from "@fedace/ace-core/labels";
import { initialise, networkOf } from "@fedace/ace-core/model";
import { learningRate, parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { createTrainer } from "@fedace/ace-core/training";
import { explainExhausted, requireMemory } from "./memory.js";
import type { StepTrial } from "./step-trial.js";

/** Steps after the first, which compiles and allocates. */
const STEPS = 3;

async function measure(choice: EngineName, plan: Plan, engines: readonly string[]): Promise<StepTrial> {
  const engine = await openEngine({ choice, engines });
  requireMemory(plan, engine, { available: process.availableMemory(), carried: 0 });
  const { batch, patch } = plan.training;
  const voxels = batch * patch[0] * patch[1] * patch[2];
  // Every class known, label by label: what a site annotates changes nothing in time and memory.
  const labelMap = resolveLabelMap(
    { values: Object.fromEntries(plan.classes.map((name, value) => [value, [name]])) },
    { classes: plan.classes },
  );
  const spec = networkOf(plan);
  const trainer = createTrainer(plan, labelMap, initialise(spec, plan.seed));
  const seconds: number[] = [];
  try {
    for (let step = 0; step <= STEPS; step++) {
      const images = Float32Array.from({ length: voxels * spec.inputs }, (_, i) => Math.sin(i));
      const labels = Int32Array.from({ length: voxels }, (_, i) => i % spec.classes);
      const start = performance.now();
      await trainer.step(images, labels, learningRate(plan));
      seconds.push((performance.now() - start) / 1000);
    }
  } catch (error) {
    throw explainExhausted(error, plan, engine);
  }
  trainer.dispose();
  const result = { peakBytes: engine.peakBytes(), processBytes: process.resourceUsage().maxRSS * 1024 };
  await engine.close();
  return { seconds: seconds.slice(1).sort((a, b) => a - b)[(STEPS - 1) / 2] ?? NaN, ...result };
}

const [engine = "", plan = "", ...engines] = process.argv.slice(2);
let result: StepTrial;
try {
  result = await measure(engine as EngineName, parsePlan(JSON.parse(plan)), engines);
} catch (error) {
  if (!isFedaceError(error)) throw error;
  const { code, message, remedy } = error;
  result = { code, message, remedy };
}
process.stdout.write(`${JSON.stringify(result)}\n`);

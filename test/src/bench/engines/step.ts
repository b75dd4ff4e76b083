import { createTrainer } from "@fedace/ace-core/training";
import { LEARNING_RATE } from "./problem.js";
import type { Problem } from "./problem.js";

/** Training on the open engine. */
interface Training {
  /** One step; the loss before it. */
  step(): Promise<number>;
  dispose(): void;
}

/** Brings a problem's network to the open engine, to be trained as a site trains it. */
export function startTraining({ plan, map, weights, images, labels }: Problem): Training {
  const trainer = createTrainer(plan, map, weights);
  return {
    // Copies: an engine may keep the very arrays.
    step: () => trainer.step(images.slice(), labels.slice(), LEARNING_RATE),
    dispose: () => {
      trainer.dispose();
    },
  };
}

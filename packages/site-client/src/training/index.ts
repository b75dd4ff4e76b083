export type { Ready, Skipped, Survey, WorkOutcome, WorkProgress } from "./messages.js";
export { Trainer } from "./trainer.js";
export type { TrainerParts, Watching } from "./trainer.js";
export { tryStep } from "./step-trial.js";
export type { StepTrial } from "./step-trial.js";

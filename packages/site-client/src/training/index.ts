export type { Compared, Survey, WorkProgress } from "./messages.js";
export { Trainer } from "./trainer.js";
export { tryStep } from "./step-trial.js";
export type { StepTrial } from "./step-trial.js";

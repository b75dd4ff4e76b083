export type { Ready, Skipped, Survey, WorkOutcome, WorkProgress } from "./messages.js";
export { Trainer } from "./trainer.js";
export type { TrainerParts, Watching } from "./trainer.js";

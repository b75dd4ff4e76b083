export type { TrainingCase } from "./types.js";

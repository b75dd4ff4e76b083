export type { TrainingCase } from "./types.js";
export { patchSize } from "./geometry.js";
export type { Triple } from "./geometry.js";
export { argmax, DEFAULT_OVERLAP, slidingWindow } from "./sliding-window.js";
export type { SlidingWindowInput } from "./sliding-window.js";

export { bundleModel } from "./model.js";
export type { ModelInput, PredictModel } from "./model.js";
export { predict } from "./predict.js";
export type { Prediction, PredictOptions } from "./predict.js";
export type { ClassVolume } from "./volumes.js";

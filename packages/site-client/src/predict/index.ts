export { predict } from "./predict.js";
export type { Prediction, PredictModel, PredictOptions } from "./predict.js";
export type { ClassVolume } from "./volumes.js";

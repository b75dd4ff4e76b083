export { diceTable, IGNORE } from "./dice.js";
export { hd95 } from "./hd95.js";
export type { MaskPair } from "./hd95.js";
export type { Size } from "./distance.js";
export { volumeDifferenceMl, volumeMl } from "./volume.js";
export type { SpacingMm } from "./volume.js";

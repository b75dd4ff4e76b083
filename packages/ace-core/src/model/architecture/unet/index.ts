export { macs } from "./cost.js";
export { UNET_FIRST, unetTensors } from "./layout.js";
export { saved } from "./saved.js";

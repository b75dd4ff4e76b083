export { createOutbound } from "./outbound.js";
export type { Outbound } from "./outbound.js";
export type { OutgoingUpdate } from "./upload.js";

export { createOutbound } from "./outbound.js";
export type { Outbound, OutboundParts } from "./outbound.js";
export type { OutgoingUpdate } from "./upload.js";

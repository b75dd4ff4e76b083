export { step } from "./machine.js";
export type { Step } from "./machine.js";
export { INITIAL_STATE } from "./state.js";
export type { Delivery, SessionEffect, SessionEvent, SessionState, Work } from "./state.js";

export { announce } from "./announcement.js";
export { Session } from "./driver.js";
export type { SessionParts } from "./driver.js";
export { casesOf } from "./narrate.js";
export type { SessionEvent, SessionState } from "./state.js";
export { workFolder } from "./work-folder.js";
export type { WorkFolder } from "./work-folder.js";

export { SiteDesk } from "./desk.js";
export type { DeskParts } from "./desk.js";

export { createGateway } from "./gateway.js";
export type { Gateway } from "./gateway.js";
export type { Desk, SiteLink } from "./types.js";
export { Links } from "./links.js";

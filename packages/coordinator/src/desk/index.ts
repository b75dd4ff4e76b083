export { SiteDesk } from "./desk.js";

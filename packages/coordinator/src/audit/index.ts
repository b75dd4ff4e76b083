export { followAudit } from "./follow.js";
export { refusalLog } from "./refusals.js";
export { factsText } from "./text.js";

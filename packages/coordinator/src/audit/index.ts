export { followAudit } from "./follow.js";
export { listAudit, record, verifyAudit } from "./log.js";
export type { AuditEntry, AuditFields } from "./log.js";
export { refusalLog } from "./refusals.js";
export { factsText } from "./text.js";

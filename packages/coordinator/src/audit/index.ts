export { listAudit, record, verifyAudit } from "./log.js";
export type { AuditEntry, AuditFields } from "./log.js";
export { refusalLog } from "./refusals.js";

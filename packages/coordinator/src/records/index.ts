export { applyEvent, readContext } from "./apply.js";
export type { Applied } from "./apply.js";
export { lastEntry, auditEntries, record, verifyAudit } from "./audit.js";
export type { AuditEntry, AuditFields } from "./audit.js";
export { listEvaluations, saveEvaluation } from "./evaluations.js";
export { addInvitation, findInvitation, openInvitations, useInvitation } from "./invitations.js";
export { companions } from "./companions.js";
export { findModel, insertModel, listModels } from "./models.js";
export { readOverview } from "./overview.js";
export { RunReader } from "./reader.js";
export { deleteRun, markPruned, successors, unneededObjects } from "./pruning.js";
export { saveProgress } from "./progress.js";
export { listRounds } from "./rounds.js";
export { findRun, insertRun, listRuns, requireRun } from "./runs.js";
export { migrate } from "./schema.js";
export { readNotice, readSetting, writeNotice, writeSetting } from "./settings.js";
export {
  findSite,
  forgetConnections,
  joinedSites,
  listSites,
  noteConnection,
  noteInvited,
  noteManifest,
  noteTakeover,
  registerKey,
  revokeSite,
  RIVALS_WINDOW_MS,
} from "./sites.js";
export type { Site } from "./sites.js";
export { useToken } from "./tokens.js";
export { countedNorms, countedUploads, findUpload, markCounted, saveUpload } from "./uploads.js";
export type { NewUpload } from "./uploads.js";

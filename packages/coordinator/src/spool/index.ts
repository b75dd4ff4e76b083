export { admit, expectedBytes, MAX_RMS_CHANGE } from "./admission.js";
export { Spool } from "./spool.js";
export type { UploadId } from "./spool.js";

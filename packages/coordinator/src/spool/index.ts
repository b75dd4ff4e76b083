export { admit, expectedBytes, MAX_RMS_CHANGE } from "./admission.js";
export { Spool } from "./spool.js";
export type { UploadId } from "./spool.js";
export { openValues } from "./values.js";
export type { ValuesFile } from "./values.js";

export { admit, expectedBytes } from "./admission.js";
export { Spool } from "./spool.js";
export type { UploadId } from "./spool.js";

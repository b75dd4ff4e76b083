export { admit, expectedBytes } from "./admission.js";
export { Spool } from "./spool.js";

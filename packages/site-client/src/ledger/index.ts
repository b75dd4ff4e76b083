export type { LedgerEntry, LedgerKind } from "./entry.js";
export { openLedger } from "./ledger.js";
export type { Ledger } from "./ledger.js";
export { roundsSent } from "./rounds.js";
export { verifyLedger } from "./verify.js";
export { saysSchema } from "./says.js";
export type { Says } from "./says.js";

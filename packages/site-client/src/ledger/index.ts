export type { LedgerEntry, LedgerKind } from "./entry.js";
export { openLedger } from "./ledger.js";
export type { Ledger, LedgerParts } from "./ledger.js";
export { verifyLedger } from "./verify.js";

export { createCertificate, fingerprint, loadCertificate } from "./certificate.js";
export type { TlsFiles } from "./certificate.js";
export { createSigningKey, loadSigningKey } from "./key.js";
export { INVITATION_LIFETIME_MAX_MS, INVITATION_LIFETIME_MS, invite, requireSiteName } from "./invitation.js";
export { join } from "./join.js";
export type { JoinParts } from "./join.js";
export { Refusal } from "./refusal.js";
export { authenticate, claimedSite } from "./token.js";
export type { TokenCheck } from "./token.js";

import type { AuditFields } from "../records/index.js";

/** The facts of an entry in one line: `site=north code=SITE_REVOKED`. */
export function factsText(fields: AuditFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

import type { RejectCode } from "@fedace/ace-core/protocol";
import type { Site } from "../records/index.js";
import type { Identified } from "./token.js";

/**
 * Why an open connection is not welcome any more; undefined where it is.
 *
 * @param site as it is known now; undefined where it is not known, or was revoked
 */
export function linkProblem({ key }: Identified, site: Site | undefined): RejectCode | undefined {
  if (site?.revokedAt !== null) return "SITE_REVOKED";
  return site.key?.x === key ? undefined : "TOKEN_SIGNATURE";
}

import { verifyJws } from "@fedace/ace-core/host";
import { assignmentSchema, parsePlan } from "@fedace/ace-core/protocol";
import type { Assignment, Plan, PublicKey } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";

/** An assignment whose signature, addressee and plan have been checked. */
export interface VerifiedAssignment extends Omit<Assignment, "plan"> {
  readonly plan: Plan;
  /** As it came, for keeping: whoever reads it back checks it again. */
  readonly jws: string;
}

/**
 * Checks a compact JWS against the coordinator's pinned key and reads the assignment in it.
 *
 * @throws ASSIGNMENT_INVALID if the signature, the form or the addressee is wrong
 * @throws PLAN_INVALID, PLAN_PATCH_INDIVISIBLE if the plan cannot be used
 */
export async function verifyAssignment(jws: string, coordinator: PublicKey, site: string): Promise<VerifiedAssignment> {
  const verified = await verifyJws(jws, coordinator);
  if (!verified.ok) {
    throw siteError("ASSIGNMENT_INVALID", "An assignment does not carry the coordinator's signature.");
  }
  const parsed = assignmentSchema.safeParse(verified.payload);
  if (!parsed.success) {
    throw siteError("ASSIGNMENT_INVALID", "An assignment is signed by the coordinator but malformed.", {
      cause: parsed.error,
    });
  }
  if (parsed.data.site !== site) {
    throw siteError("ASSIGNMENT_INVALID", `An assignment for the site ${parsed.data.site} came to ${site}.`);
  }
  return { ...parsed.data, plan: parsePlan(parsed.data.plan), jws };
}

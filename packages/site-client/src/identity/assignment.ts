import { coreError, isFedaceError } from "@fedace/ace-core/foundation";
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

const NEWER =
  "Update this site's client: the coordinator may be of a newer version, and asks for what this one does not know.";

/** Where an assignment belongs, whatever else a later version may write into it. */
const placeSchema = assignmentSchema.pick({ site: true, run: true, round: true }).strip();

/**
 * Checks a compact JWS against the coordinator's pinned key and reads the assignment in it.
 *
 * @throws ASSIGNMENT_INVALID if the signature, the form or the addressee is wrong
 * @throws PLAN_INVALID, PLAN_PATCH_INDIVISIBLE if the plan cannot be used
 * Of one that is signed and for this site, `run` and `round` are among the error's fields as far as they can be read: it
 * can be declined.
 */
export async function verifyAssignment(jws: string, coordinator: PublicKey, site: string): Promise<VerifiedAssignment> {
  const verified = await verifyJws(jws, coordinator);
  if (!verified.ok) {
    throw siteError("ASSIGNMENT_INVALID", "An assignment does not carry the coordinator's signature.");
  }
  const parsed = assignmentSchema.safeParse(verified.payload);
  if (!parsed.success) {
    const fields = placeSchema.safeParse(verified.payload);
    throw siteError("ASSIGNMENT_INVALID", "An assignment is signed by the coordinator but malformed.", {
      cause: parsed.error,
      ...(fields.data?.site === site ? { fields: fields.data } : {}),
      remedy: NEWER,
    });
  }
  if (parsed.data.site !== site) {
    throw siteError("ASSIGNMENT_INVALID", `An assignment for the site ${parsed.data.site} came to ${site}.`);
  }
  return { ...parsed.data, plan: readPlan(parsed.data), jws };
}

function readPlan({ plan, run, round }: Assignment): Plan {
  try {
    return parsePlan(plan);
  } catch (cause) {
    if (!isFedaceError(cause, "PLAN_INVALID", "PLAN_PATCH_INDIVISIBLE")) throw cause;
    throw coreError(cause.code, cause.message, { cause, fields: { run, round }, remedy: NEWER });
  }
}

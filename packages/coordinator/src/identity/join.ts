import type { Clock } from "@fedace/ace-core/foundation";
import { thumbprint, verifyJws } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { joinProofSchema, joinRequestSchema, LIMITS, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { JoinRequest } from "@fedace/ace-core/protocol";
import { findInvitation, findSite, record, registerKey, useInvitation } from "../records/index.js";
import type { Database } from "../store/index.js";
import { hashSecret } from "./invitation.js";
import { Refusal } from "./refusal.js";

export interface JoinParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly key: SigningKey;
}

/**
 * Registers the key of a site that shows an invitation's secret. Asking again with the same key is answered alike, so
 * that a lost answer costs nothing; but for a site that was revoked since, or has replaced that key.
 *
 * @returns the site's name.
 * @throws Refusal
 */
export async function join(parts: JoinParts, body: unknown): Promise<string> {
  const request = readRequest(body);
  const now = parts.clock.now();
  await checkProof(parts, request, now);
  const secret = hashSecret(request.secret);
  const print = await thumbprint(request.key);
  return parts.database.transaction(async (sql) => {
    const invitation = await findInvitation(sql, secret);
    if (invitation?.site !== request.site) throw new Refusal("INVITATION_UNKNOWN");
    if (invitation.usedAt !== null) {
      const site = await findSite(sql, invitation.site);
      if (invitation.usedKey !== print || site?.key?.x !== request.key.x) throw new Refusal("INVITATION_USED");
      if (site.revokedAt !== null) throw new Refusal("SITE_REVOKED");
      return invitation.site;
    }
    if (now >= invitation.expiresAt) throw new Refusal("INVITATION_EXPIRED");
    await useInvitation(sql, secret, print, now);
    await registerKey(sql, invitation.site, request.key, now);
    await record(sql, now, "site.joined", { site: invitation.site, key: print });
    return invitation.site;
  });
}

function readRequest(body: unknown): JoinRequest {
  const protocol =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>)["protocol"] : undefined;
  if (typeof protocol === "number" && protocol !== PROTOCOL_VERSION) {
    throw new Refusal("PROTOCOL_VERSION", { expected: PROTOCOL_VERSION });
  }
  const request = joinRequestSchema.safeParse(body);
  if (!request.success) throw new Refusal("MESSAGE_MALFORMED");
  return request.data;
}

/** The site holds the private half of the key it registers, now, and means this coordinator. */
async function checkProof(parts: JoinParts, request: JoinRequest, now: number): Promise<void> {
  const verified = await verifyJws(request.proof, request.key);
  if (!verified.ok) throw new Refusal(verified.reason === "signature" ? "TOKEN_SIGNATURE" : "TOKEN_MALFORMED");
  const proof = joinProofSchema.safeParse(verified.payload);
  if (!proof.success || proof.data.sub !== request.site) throw new Refusal("TOKEN_MALFORMED");
  if (proof.data.aud !== parts.key.thumbprint) throw new Refusal("TOKEN_AUDIENCE");
  if (Math.abs(proof.data.iat * 1000 - now) > LIMITS.clockSkewSeconds * 1000) {
    throw new Refusal("CLOCK_SKEW", { expected: now });
  }
}

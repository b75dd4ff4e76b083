import { createHash, randomBytes } from "node:crypto";
import type { SigningKey } from "@fedace/ace-core/host";
import { invitationSchema, siteNameSchema } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import { addInvitation, noteInvited, record } from "../records/index.js";
import type { Database } from "../store/index.js";
import { trustIn } from "./certificate.js";

/** How long an invitation is valid unless said otherwise, milliseconds: long enough for a hospital's change process. */
export const INVITATION_LIFETIME_MS = 7 * 86_400_000;
/** Longest an invitation may be valid, milliseconds. */
export const INVITATION_LIFETIME_MAX_MS = 90 * 86_400_000;

interface InvitationInit {
  readonly site: string;
  readonly url: string;
  readonly coordinatorName: string;
  /** The coordinator's own certificate (PEM) to pin; undefined where the machine's own trust store knows it. */
  readonly certificate: string | undefined;
  readonly key: SigningKey;
  readonly lifetimeMs: number;
}

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** @throws SITE_NAME_INVALID */
export function requireSiteName(name: string): string {
  if (siteNameSchema.safeParse(name).success) return name;
  throw coordinatorError("SITE_NAME_INVALID", `"${name}" cannot be the name of a site.`);
}

/**
 * Makes an invitation, hands it to `deliver`, and keeps what is needed to recognise it; if it cannot be delivered,
 * nothing has changed and an earlier invitation stays good. A site that has joined can be invited again, to replace its
 * key; until it joins with the new invitation its old key works.
 *
 * @throws SITE_NAME_INVALID, and what `deliver` throws
 */
export async function invite(
  database: Database,
  init: InvitationInit,
  now: number,
  deliver: (invitation: Invitation) => Promise<void>,
): Promise<Invitation> {
  const site = requireSiteName(init.site);
  const secret = randomBytes(32).toString("base64url");
  const expiresAt = now + init.lifetimeMs;
  const expires = new Date(expiresAt).toISOString();
  const invitation = invitationSchema.parse({
    format: "fedace-invitation",
    version: 1,
    url: init.url,
    coordinator: { name: init.coordinatorName, key: init.key.publicKey },
    tls: trustIn(init.certificate),
    site,
    secret,
    expires,
  } satisfies Invitation);
  await database.transaction(async (sql) => {
    await noteInvited(sql, site, now);
    await addInvitation(sql, { secretSha256: hashSecret(secret), site, expiresAt }, now);
    await record(sql, now, "site.invited", { site, expires });
    await deliver(invitation);
  });
  return invitation;
}

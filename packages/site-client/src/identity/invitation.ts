import { readFileSync, statSync } from "node:fs";
import { invitationSchema } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { checkAddress } from "./address.js";

/** Largest invitation file, bytes: a certificate and a few lines. */
const MAX_INVITATION_BYTES = 64 * 1024;

/**
 * Reads and checks an invitation file.
 *
 * @param now Unix time in milliseconds
 * @throws FILE_UNREADABLE, INVITATION_INVALID, INVITATION_LAPSED
 */
export function readInvitation(path: string, now: number): Invitation {
  let text: string;
  try {
    if (statSync(path).size > MAX_INVITATION_BYTES)
      throw siteError("INVITATION_INVALID", `${path} is too large to be an invitation.`);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "remedy" in cause) throw cause;
    throw siteError("FILE_UNREADABLE", `The invitation ${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return parseInvitation(text, now);
}

/**
 * Parses an invitation's text.
 *
 * @param now Unix time in milliseconds
 * @throws INVITATION_INVALID, INVITATION_LAPSED
 */
export function parseInvitation(text: string, now: number): Invitation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw siteError("INVITATION_INVALID", "The invitation is not JSON.", { cause });
  }
  const parsed = invitationSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "file"}: ${issue.message}`);
    throw siteError("INVITATION_INVALID", `The invitation cannot be used. ${issues.join("; ")}.`);
  }
  const invitation = parsed.data;
  checkAddress(invitation.url);
  if (Date.parse(invitation.expires) <= now) {
    throw siteError(
      "INVITATION_LAPSED",
      `The invitation expired at ${invitation.expires}; this machine's clock says ${new Date(now).toISOString()}.`,
    );
  }
  return invitation;
}

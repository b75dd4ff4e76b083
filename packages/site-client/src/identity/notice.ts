import { verifyJws } from "@fedace/ace-core/host";
import { noticeFileSchema, noticeSchema } from "@fedace/ace-core/protocol";
import type { Notice } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { checkAddress } from "./address.js";
import type { Registration } from "./registration.js";

/**
 * What a notice makes of a registration: the new address first, the one before as long as nobody has been found at the new.
 *
 * @param jws as the coordinator signed it
 * @returns undefined where the registration knows of it, or of a later one
 * @throws NOTICE_INVALID where the key that the invitation pinned did not sign it, or it cannot be used
 */
export async function follow(registration: Registration, jws: string): Promise<Registration | undefined> {
  const verified = await verifyJws(jws, registration.coordinator.key);
  if (!verified.ok) throw siteError("NOTICE_INVALID", "The notice does not carry the coordinator's signature.");
  const parsed = noticeSchema.safeParse(verified.payload);
  if (!parsed.success) throw siteError("NOTICE_INVALID", "The notice is signed by the coordinator, but says nothing that this version can read."); // prettier-ignore
  const { url, tls, issued } = parsed.data;
  checkAddress(url);
  const { moved } = registration;
  if (moved !== undefined && issued <= moved.issued) return undefined;
  const from = moved?.from ?? { url: registration.url, tls: registration.tls };
  const same = isSame(from, parsed.data) || isSame(registration, parsed.data);
  return { ...registration, url, tls, moved: { issued, ...(same ? {} : { from }) } };
}

/** A registration once the coordinator was found at its new address: the one before is forgotten. */
export function arrived(registration: Registration): Registration {
  const { moved } = registration;
  return moved === undefined ? registration : { ...registration, moved: { issued: moved.issued } };
}

/** @throws NOTICE_INVALID */
export function parseNoticeFile(text: string): string {
  try {
    return noticeFileSchema.parse(JSON.parse(text)).jws;
  } catch (cause) {
    throw siteError("NOTICE_INVALID", "The file is not a notice of a coordinator.", { cause });
  }
}

type Place = Pick<Notice, "url" | "tls">;

function isSame(a: Place, b: Place): boolean {
  return a.url === b.url && JSON.stringify(a.tls) === JSON.stringify(b.tls);
}

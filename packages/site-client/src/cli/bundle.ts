import { readFileSync, statSync } from "node:fs";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { readBundle } from "@fedace/ace-core/export";
import type { Bundle } from "@fedace/ace-core/export";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { compactVerify, importJWK } from "jose";
import { siteError } from "../errors.js";
import { SIGNATURE, thumbprint } from "../identity/index.js";

/** A bundle whose checksums and signature hold, and in one sentence by whom it is signed. */
export interface VerifiedBundle {
  readonly bundle: Bundle;
  readonly signedBy: string;
  /** Whether the signing key is that of a coordinator this machine joined. */
  readonly trusted: boolean;
}

/**
 * Reads a model bundle and checks that its parts belong together and are signed: by `coordinator`'s key where one is
 * given, else by the key inside the bundle, which only shows that nobody changed it since.
 *
 * @throws FILE_UNREADABLE, BUNDLE_INVALID, BUNDLE_UNTRUSTED
 */
export async function openBundle(path: string, coordinator: PublicKey | undefined): Promise<VerifiedBundle> {
  const bundle = readBundle(read(path));
  const key = coordinator ?? bundle.key;
  const print = await thumbprint(key);
  if (coordinator !== undefined && (await thumbprint(bundle.key)) !== print) {
    throw siteError("BUNDLE_UNTRUSTED", `${path} is signed by another key than that of the coordinator you joined.`);
  }
  try {
    const { payload } = await compactVerify(bundle.signature, await importJWK(key, SIGNATURE), {
      algorithms: [SIGNATURE, "Ed25519"],
    });
    if (Buffer.compare(payload, bundle.payload) !== 0) throw new Error("the signature is over something else");
  } catch (cause) {
    throw siteError("BUNDLE_UNTRUSTED", `The signature of ${path} does not hold: the file was changed.`, {
      cause,
      remedy: "Download the bundle again from your coordinator.",
    });
  }
  return coordinator === undefined
    ? { bundle, trusted: false, signedBy: `signed by key ${print}, not checked against a coordinator you joined` }
    : { bundle, trusted: true, signedBy: `signed by your coordinator (key ${print})` };
}

function read(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > LIMITS.updateBytes) throw siteError("FILE_UNREADABLE", `${path} is too large for a model bundle.`);
    return readFileSync(path);
  } catch (cause) {
    if (isFedaceError(cause)) throw cause;
    throw siteError("FILE_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

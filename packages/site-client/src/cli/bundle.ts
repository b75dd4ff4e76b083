import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Bundle } from "@fedace/ace-core/export";
import { checkBundle, readBundleFile } from "@fedace/ace-core/host";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";

/** A bundle whose checksums and signature hold, and in one sentence by whom it is signed. */
interface VerifiedBundle {
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
  const bundle = await readBundleFile(path).catch((cause: unknown) => {
    if (isFedaceError(cause)) throw cause;
    throw siteError("FILE_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  const { expected, problem } = await checkBundle(bundle, coordinator);
  switch (problem) {
    case "key":
      throw siteError("BUNDLE_UNTRUSTED", `${path} is signed by another key than that of the coordinator you joined.`);
    case "contents":
      throw siteError("BUNDLE_UNTRUSTED", `The signature of ${path} does not hold: the file was changed.`, {
        remedy: "Download the bundle again from your coordinator.",
      });
    case undefined:
      return coordinator === undefined
        ? {
            bundle,
            trusted: false,
            signedBy: `signed by key ${expected}, not checked against a coordinator you joined`,
          }
        : { bundle, trusted: true, signedBy: `signed by your coordinator (key ${expected})` };
  }
}

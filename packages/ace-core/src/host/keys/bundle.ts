import { stat } from "node:fs/promises";
import { bundleOf, noBundle } from "../../export/index.js";
import type { Bundle } from "../../export/index.js";
import { isFedaceError } from "../../foundation/index.js";
import { LIMITS } from "../../protocol/index.js";
import type { PublicKey } from "../../protocol/index.js";
import { FileTooLarge } from "../files/reading.js";
import { readWeights } from "../files/values.js";
import { verifyJwsBytes } from "./jws.js";
import { thumbprint } from "./key.js";

/**
 * Reads a bundle file of any size and checks that its parts belong together; for the signature see {@link checkBundle}.
 *
 * @throws BUNDLE_INVALID, FileTooLarge, and what the system says
 */
export async function readBundleFile(path: string): Promise<Bundle> {
  const { size } = await stat(path);
  if (size > LIMITS.updateBytes) throw new FileTooLarge("it is too large for a model bundle");
  try {
    return bundleOf(await readWeights(path));
  } catch (error) {
    throw isFedaceError(error, "WEIGHTS_MALFORMED") || error instanceof RangeError ? noBundle(error) : error;
  }
}

/** What became of the signature of a bundle. */
interface BundleSignature {
  /** Thumbprint of the key that it was checked with. */
  readonly expected: string;
  /** Thumbprint of the key inside the bundle. */
  readonly stated: string;
  /** Undefined where the signature holds; else whether another key signed, or the contents were changed. */
  readonly problem: "key" | "contents" | undefined;
}

/**
 * Checks the signature of a bundle whose parts belong together.
 *
 * @param key the coordinator's; without it the one inside the bundle, which only shows that nothing was changed since
 *   whoever has that key signed it: the caller has to say whose it is.
 */
export async function checkBundle(bundle: Bundle, key?: PublicKey): Promise<BundleSignature> {
  const [expected, stated] = await Promise.all([thumbprint(key ?? bundle.key), thumbprint(bundle.key)]);
  if (expected !== stated) return { expected, stated, problem: "key" };
  const payload = await verifyJwsBytes(bundle.signature, bundle.key);
  const holds = payload !== undefined && Buffer.compare(payload, bundle.payload) === 0;
  return { expected, stated, problem: holds ? undefined : "contents" };
}

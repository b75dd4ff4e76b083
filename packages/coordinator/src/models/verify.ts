import { readBundle } from "@fedace/ace-core/export";
import type { ModelCard } from "@fedace/ace-core/export";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import { thumbprintOf, verifyJwsBytes } from "../identity/index.js";

/** A bundle that holds together: its model card, and the thumbprint of the key that signed both. */
interface VerifiedBundle {
  readonly card: ModelCard;
  readonly signer: string;
}

/**
 * Checks that a bundle is whole, that its parts belong together, and that this key has signed exactly them.
 *
 * @param key the coordinator's; without it the one inside the bundle, which only shows that nothing was changed since
 *   whoever has that key signed it: the caller has to say whose it is.
 * @throws BUNDLE_INVALID, BUNDLE_SIGNATURE
 */
export async function verifyBundle(bytes: Uint8Array, key?: PublicKey): Promise<VerifiedBundle> {
  const bundle = readBundle(bytes);
  const expected = key ?? bundle.key;
  const [own, theirs] = await Promise.all([thumbprintOf(expected), thumbprintOf(bundle.key)]);
  const payload = await verifyJwsBytes(bundle.signature, expected);
  if (payload !== undefined && Buffer.compare(payload, bundle.payload) === 0) return { card: bundle.card, signer: own };
  const message =
    own === theirs
      ? "The signature does not fit the contents: the bundle was changed after it was signed."
      : `The bundle is signed by key ${theirs}, not by ${own}.`;
  throw coordinatorError("BUNDLE_SIGNATURE", message);
}

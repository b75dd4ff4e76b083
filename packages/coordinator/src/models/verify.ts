import { readBundle } from "@fedace/ace-core/export";
import type { ModelCard } from "@fedace/ace-core/export";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import { thumbprintOf, verifyJwsBytes } from "../identity/index.js";

/**
 * Checks that a bundle is whole, that its parts belong together, and that this key has signed exactly them.
 *
 * @returns the model card, which can be believed now.
 * @throws BUNDLE_INVALID, BUNDLE_SIGNATURE
 */
export async function verifyBundle(bytes: Uint8Array, key: PublicKey): Promise<ModelCard> {
  const bundle = readBundle(bytes);
  const payload = await verifyJwsBytes(bundle.signature, key);
  if (payload !== undefined && Buffer.compare(payload, bundle.payload) === 0) return bundle.card;
  const [own, theirs] = await Promise.all([thumbprintOf(key), thumbprintOf(bundle.key)]);
  const message =
    own === theirs
      ? "The signature does not fit the contents: the bundle was changed after it was signed."
      : `The bundle is signed by key ${theirs}, not by ${own}.`;
  throw coordinatorError("BUNDLE_SIGNATURE", message);
}

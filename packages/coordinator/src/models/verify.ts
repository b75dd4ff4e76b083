import type { ModelCard } from "@fedace/ace-core/export";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { checkBundle, readBundleFile } from "@fedace/ace-core/host";
import type { PublicKey } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { coordinatorError } from "../errors.js";

/** A bundle that holds together: its model card, its weights, and the thumbprint of the key that signed both. */
interface VerifiedBundle {
  readonly card: ModelCard;
  readonly weights: WeightSet;
  readonly signer: string;
  /** Fields of the card that this version does not know. */
  readonly unknown: readonly string[];
}

/**
 * Checks that a bundle is whole, that its parts belong together, and that this key has signed exactly them.
 *
 * @param key the coordinator's; without it the one inside the bundle, which only shows that nothing was changed since
 *   whoever has that key signed it: the caller has to say whose it is.
 * @throws INPUT_UNREADABLE, BUNDLE_INVALID, BUNDLE_SIGNATURE
 */
export async function verifyBundle(path: string, key?: PublicKey): Promise<VerifiedBundle> {
  const bundle = await readBundleFile(path).catch((cause: unknown) => {
    if (isFedaceError(cause)) throw cause;
    throw coordinatorError("INPUT_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  const { expected, stated, problem } = await checkBundle(bundle, key);
  if (problem === undefined) {
    const { card, weights, unknown } = bundle;
    return { card, weights, unknown, signer: expected };
  }
  const message =
    problem === "contents"
      ? "The signature does not fit the contents: the bundle was changed after it was signed."
      : `The bundle is signed by key ${stated}, not by ${expected}.`;
  throw coordinatorError("BUNDLE_SIGNATURE", message);
}

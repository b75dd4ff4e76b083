import type { FileHandle } from "node:fs/promises";
import { checkUpdateStream } from "@fedace/ace-core/aggregation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { fileDigest, openValues } from "@fedace/ace-core/host";
import type { ValuesFile } from "@fedace/ace-core/host";
import { LIMITS } from "@fedace/ace-core/protocol";
import { layoutDifference, totalElements } from "@fedace/ace-core/tensors";
import type { TensorSpec } from "@fedace/ace-core/tensors";
import { Refusal } from "../identity/index.js";

/** Fewest and most bytes of an update with this layout: the values, and a header of any allowed length. */
export function expectedBytes(specs: readonly TensorSpec[]): { readonly least: number; readonly most: number } {
  const values = totalElements(specs) * Float32Array.BYTES_PER_ELEMENT;
  return { least: values, most: values + LIMITS.headerBytes };
}

/**
 * Decides on a complete upload, as a stream: the bytes are those announced, the tensors those of the plan's network,
 * all values finite, the change within bounds.
 *
 * @param model file of the model the round started from; closed before this returns
 * @param largest the largest L2 norm of the change that is plausible, given that of the model
 * @returns L2 norm of the change.
 * @throws Refusal: UPDATE_CHECKSUM, UPDATE_LAYOUT, UPDATE_NOT_FINITE or UPDATE_NORM
 */
export async function admit(
  path: string,
  sha256: string,
  specs: readonly TensorSpec[],
  model: FileHandle,
  largest: (modelNorm: number) => number,
): Promise<number> {
  const base = await openValues(model);
  try {
    if ((await fileDigest(path)) !== sha256) throw new Refusal("UPDATE_CHECKSUM", { offset: 0 });
    const update = await openUpdate(path, specs);
    try {
      const result = await checkUpdateStream({ specs, update, model: base });
      if (!result.finite) throw new Refusal("UPDATE_NOT_FINITE", {}, `tensor ${result.tensor}`);
      const { norm, modelNorm } = result;
      if (!(norm <= largest(modelNorm)))
        throw new Refusal("UPDATE_NORM", {}, `norm ${norm} of at most ${largest(modelNorm)}`);
      return norm;
    } finally {
      await update.close();
    }
  } finally {
    await base.close();
  }
}

async function openUpdate(path: string, specs: readonly TensorSpec[]): Promise<ValuesFile> {
  let update: ValuesFile;
  try {
    update = await openValues(path);
  } catch (error) {
    if (isFedaceError(error)) throw new Refusal("UPDATE_LAYOUT", {}, error.message);
    throw error;
  }
  const difference = layoutDifference(update.header.specs, specs);
  if (difference === undefined) return update;
  await update.close();
  throw new Refusal("UPDATE_LAYOUT", {}, difference);
}

import { isFedaceError } from "@fedace/ace-core/foundation";
import { listAnatFolders } from "./bids.js";
import { labelIndices, type LoadOptions } from "./cases.js";
import { affineSpacing, type Spacing } from "./grid.js";
import { prepareImages } from "./prepare.js";
import { readCase } from "./read-case.js";
import type { Sampling } from "./sampling.js";
import { selectFiles } from "./select.js";
import type { Volume } from "./volume.js";

/** A case as its files have it, and how it was brought to the plan's spacing. */
interface CaseOnGrid {
  /** Indices into the label map's sets. */
  readonly labels: Volume<Uint8Array>;
  /** 1 inside the brain. */
  readonly brain: Volume<Uint8Array>;
  readonly sampling: Sampling;
  /** mm along the volumes' own axes. */
  readonly spacing: Spacing;
}

/**
 * Reads one case of an archive again on its own grid.
 *
 * @param number of the case, as in `TrainingCase.index`
 * @returns undefined where the case is not there any more, or cannot be read
 */
export async function readOnOwnGrid(
  dir: string,
  number: number,
  options: LoadOptions,
): Promise<CaseOnGrid | undefined> {
  try {
    const folder = (await listAnatFolders(dir, options.signal)).find((one) => one.number === number);
    if (folder === undefined) return undefined;
    const files = selectFiles(folder, options.inputs, options.mayLack);
    const { images, labels, mask } = await readCase(files, options);
    const { brain, sampling } = prepareImages(images, { spacing: options.spacing, mask });
    return {
      labels: labelIndices(labels, options.labelMap, files.labels.name),
      brain: brain.mask,
      sampling,
      spacing: affineSpacing(labels.grid.affine),
    };
  } catch (error) {
    if (!isFedaceError(error)) throw error;
    return undefined;
  }
}

import { isFedaceError } from "@fedace/ace-core/foundation";
import { suffixOf, type AnatFolder } from "./bids.js";
import { readVolumeHeader } from "./formats.js";
import { readOptions, type ReadCaseOptions } from "./read-scan.js";
import { selectImage, selectLabels } from "./select.js";

/** Suffixes in `anat` that are not images to learn from. */
const NOT_AN_INPUT = new Set(["dseg", "mask", "defacemask", "probseg"]);

/** The suffixes of the images a folder has, those that are no inputs left out. */
export function inputSuffixes(folder: AnatFolder): readonly string[] {
  const suffixes = folder.files.flatMap((file) => suffixOf(file) ?? []);
  return [...new Set(suffixes)].filter((suffix) => !NOT_AN_INPUT.has(suffix));
}

/** What an archive's images are, by the cases that can be read. */
export interface CommonInputs {
  /** Suffixes that more than half of those cases have. */
  readonly inputs: readonly string[];
  /** The others, with the number of cases that have them. */
  readonly leftOut: readonly { readonly suffix: string; readonly cases: number }[];
}

/**
 * Chooses the inputs of an archive. One case that cannot be used does not decide for the others: those vote that have
 * labels, readable images and no file under a name that is not understood; if there are none, all do.
 */
export async function commonInputs(folders: readonly AnatFolder[], options: ReadCaseOptions): Promise<CommonInputs> {
  const good: AnatFolder[] = [];
  for (const folder of folders) if (await isReadable(folder, options)) good.push(folder);
  const voters = good.length > 0 ? good : folders.filter((folder) => inputSuffixes(folder).length > 0);
  const inputs = countSuffixes(voters)
    .filter(([, count]) => 2 * count > voters.length)
    .map(([suffix]) => suffix);
  const others = countSuffixes(folders).filter(([suffix]) => !inputs.includes(suffix));
  return { inputs, leftOut: others.map(([suffix, cases]) => ({ suffix, cases })) };
}

/** The commonest first; of equals, T1w and T2w before FLAIR. */
function countSuffixes(folders: readonly AnatFolder[]): readonly (readonly [suffix: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const suffix of folders.flatMap(inputSuffixes)) counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a > b ? -1 : 1));
}

async function isReadable(folder: AnatFolder, options: ReadCaseOptions): Promise<boolean> {
  const suffixes = inputSuffixes(folder);
  if (suffixes.length === 0 || folder.strays.length > 0) return false;
  try {
    const files = [selectLabels(folder), ...suffixes.map((suffix) => selectImage(folder, suffix))];
    for (const file of files) await readVolumeHeader(file.path, readOptions(file, options));
    return true;
  } catch (error) {
    if (!isFedaceError(error)) throw error;
    return false;
  }
}

import { siteError } from "../errors.js";
import { suffixOf, type AnatFolder, type ArchiveFile, type CaseFiles } from "./bids.js";

/** Masks of something else than the brain: `label-lesion_mask`, `desc-lesion_mask`, `lesion_mask`, … */
const LESION_MASK = /_((label|desc)-(?!brain[_-])[^_]+|lesions?|wmh)(_[^/]*)?_mask\.nii(\.gz)?$/i;
const BRAIN_MASK = /_(label|desc)-brain_mask\.nii(\.gz)?$/i;
/** Images resampled to a template lie on another grid than the subject's own. */
const TEMPLATE_SPACE = /_space-(?!orig|individual|T1w|scanner)[^_/]+_/i;

/**
 * Chooses the files of a case: per input the one image of that suffix; as labels the one `_dseg` below derivatives/,
 * or else the one lesion mask (`_label-*_mask`, `_lesion_mask`); as brain mask the one `_desc-brain_mask`. Among
 * several label images, one named by subject and session alone is the one meant. Otherwise, where several fit, none
 * is chosen.
 * @throws CASE_MODALITY_MISSING, NIFTI_PAIR, CASE_LABELS_MISSING, CASE_AMBIGUOUS
 */
export function selectFiles(folder: AnatFolder, inputs: readonly string[]): CaseFiles {
  const images = inputs.map((suffix) => selectImage(folder, suffix));
  const labels = selectLabels(folder);
  const mask = selectMask(folder);
  const { number, name } = folder;
  return { number, name, images, labels, ...(mask === undefined ? {} : { mask }) };
}

/** The image of one suffix. */
export function selectImage(folder: AnatFolder, suffix: string): ArchiveFile {
  const found = folder.files.filter((file) => suffixOf(file) === suffix);
  const [only] = found;
  if (only === undefined) {
    const pair = folder.files.find(({ name }) => name.endsWith(`_${suffix}.hdr`) || name.endsWith(`_${suffix}.img`));
    if (pair !== undefined) throw siteError("NIFTI_PAIR", `${pair.name} is one half of a .hdr and .img pair`);
    const there = [...new Set(folder.files.map(suffixOf))].filter((known) => known !== undefined);
    const has = there.length === 0 ? "has no images under anat/" : `has only ${there.join(", ")}`;
    throw siteError("CASE_MODALITY_MISSING", `${folder.name} has no ${suffix} image; it ${has}`, {
      remedy: `Add ${folder.name}/anat/${baseName(folder)}_${suffix}.nii.gz, or leave the case out.`,
    });
  }
  if (found.length > 1) throw ambiguous(suffix, found);
  return only;
}

function selectLabels(folder: AnatFolder): ArchiveFile {
  const segmentations = folder.derivatives.filter((file) => suffixOf(file) === "dseg");
  const masks = folder.derivatives.filter((file) => LESION_MASK.test(file.name));
  const found = segmentations.length > 0 ? segmentations : masks;
  if (found.length === 0) {
    throw siteError("CASE_LABELS_MISSING", `${folder.name} has no label image`, {
      remedy: `Add derivatives/labels/${folder.name}/anat/${baseName(folder)}_dseg.nii.gz, or leave the case out.`,
    });
  }
  const plain = found.filter((file) => isPlain(file, folder));
  const chosen = found.length > 1 && plain.length === 1 ? plain : found;
  const [only] = chosen;
  if (only === undefined || chosen.length > 1) throw ambiguous("labels", chosen);
  return only;
}

function selectMask(folder: AnatFolder): ArchiveFile | undefined {
  const found = folder.derivatives.filter((file) => BRAIN_MASK.test(file.name) && !TEMPLATE_SPACE.test(file.name));
  if (found.length > 1) throw ambiguous("the brain mask", found);
  return found[0];
}

/** True for `sub-NAME[_ses-NAME]_SUFFIX`, with no entity that says what is particular about it. */
function isPlain(file: ArchiveFile, folder: AnatFolder): boolean {
  const base = file.name.slice(file.name.lastIndexOf("/") + 1);
  const rest = base.slice(0, base.lastIndexOf("_")).normalize("NFC");
  return rest === baseName(folder).normalize("NFC");
}

/** What the names of a case's files begin with. */
function baseName(folder: AnatFolder): string {
  return folder.name.replace("/", "_");
}

function ambiguous(what: string, found: readonly ArchiveFile[]): Error {
  const names = found.map((file) => file.name);
  return siteError("CASE_AMBIGUOUS", `${found.length} files could be ${what}: ${names.join(", ")}`, {
    fields: { files: names },
  });
}

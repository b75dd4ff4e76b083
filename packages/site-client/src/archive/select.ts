import { siteError } from "../errors.js";
import { suffixOf, type AnatFolder, type ArchiveFile, type CaseFiles } from "./bids.js";
import { volumeBase } from "./formats.js";

/** Masks of something else than the brain: `label-lesion_mask`, `desc-lesion_mask`, `lesion_mask`, … */
const LESION_MASK = /_((label|desc)-(?!brain[_-])[^_]+|lesions?|wmh)(_[^/]*)?_mask$/i;
const BRAIN_MASK = /_(label|desc)-brain_mask$/i;
/** Images resampled to a template lie on another grid than the subject's own. */
const TEMPLATE_SPACE = /_space-(?!orig|individual|T1w|scanner)[^_/]+_/i;

/**
 * Chooses the files of a case: per input the one image of that suffix; as labels the one `_dseg` below derivatives/,
 * or else beside the images, or else the one lesion mask (`_label-*_mask`, `_lesion_mask`); as brain mask the one
 * `_desc-brain_mask`. Among several label images, one named by subject and session alone is the one meant. Otherwise,
 * where several fit, none is chosen.
 *
 * @param mayLack some of the inputs may be missing, but not all
 * @throws CASE_MODALITY_MISSING, CASE_LABELS_MISSING, CASE_AMBIGUOUS
 */
export function selectFiles(folder: AnatFolder, inputs: readonly string[], mayLack = false): CaseFiles {
  const has = inputs.filter((suffix) => folder.files.some((file) => suffixOf(file) === suffix));
  const images = (mayLack && has.length > 0 ? has : inputs).map((suffix) => selectImage(folder, suffix));
  const labels = selectLabels(folder);
  const mask = selectMask(folder);
  const { number, name } = folder;
  return { number, name, images, labels, ...(mask === undefined ? {} : { mask }) };
}

/**
 * The image of one suffix.
 * @throws CASE_MODALITY_MISSING, CASE_AMBIGUOUS
 */
export function selectImage(folder: AnatFolder, suffix: string): ArchiveFile {
  const found = folder.files.filter((file) => suffixOf(file) === suffix);
  const [only] = found;
  if (only === undefined) throw missingImage(folder, suffix);
  if (found.length > 1) throw ambiguous(suffix, found);
  return only;
}

function missingImage(folder: AnatFolder, suffix: string): Error {
  const there = [...new Set(folder.files.map(suffixOf))].filter((known) => known !== undefined);
  const has = there.length === 0 ? "has no images under anat/" : `has only ${there.join(", ")}`;
  const strays = folder.strays.map(({ name, why }) => `; ${name} ${why}`).join("");
  return siteError("CASE_MODALITY_MISSING", `${folder.name} has no ${suffix} image; it ${has}${strays}`, {
    remedy: `Add ${folder.name}/anat/${baseName(folder)}_${suffix}.nii.gz, or leave the case out.`,
  });
}

/**
 * The label image.
 * @throws CASE_LABELS_MISSING, CASE_AMBIGUOUS
 */
export function selectLabels(folder: AnatFolder): ArchiveFile {
  const segmentation = (file: ArchiveFile): boolean => suffixOf(file) === "dseg";
  const lesionMask = (file: ArchiveFile): boolean => LESION_MASK.test(volumeBase(file.name) ?? "");
  const [found = []] = [
    folder.derivatives.filter(segmentation),
    folder.files.filter(segmentation),
    [...folder.derivatives, ...folder.files].filter(lesionMask),
  ].filter((files) => files.length > 0);
  if (found.length === 0) throw missingLabels(folder);
  const plain = found.filter((file) => isPlain(file, folder));
  const chosen = found.length > 1 && plain.length === 1 ? plain : found;
  const [only] = chosen;
  if (only === undefined || chosen.length > 1) throw ambiguous("labels", chosen);
  return only;
}

function missingLabels(folder: AnatFolder): Error {
  const others = folder.derivatives.map(({ name }) => name);
  const shown = others.length === 0 ? "" : `; under derivatives/ it has ${others.join(", ")}`;
  const soft = folder.derivatives.some((file) => suffixOf(file) === "probseg");
  const probabilities = soft ? ", and probabilities (probseg) are no labels" : "";
  return siteError("CASE_LABELS_MISSING", `${folder.name} has no label image (dseg)${shown}${probabilities}`, {
    remedy: `Add derivatives/labels/${folder.name}/anat/${baseName(folder)}_dseg.nii.gz, or leave the case out.`,
  });
}

/** Whether a label image is a mask of one thing, by its name. */
export function isLesionMask(file: ArchiveFile): boolean {
  return suffixOf(file) === "mask";
}

/**
 * The brain mask, where there is one.
 * @throws CASE_AMBIGUOUS
 */
export function selectMask(folder: AnatFolder): ArchiveFile | undefined {
  const found = folder.derivatives.filter(
    (file) => BRAIN_MASK.test(volumeBase(file.name) ?? "") && !TEMPLATE_SPACE.test(file.name),
  );
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

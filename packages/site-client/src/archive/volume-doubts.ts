import type { CheckedCase } from "./check-case.js";

/** Lesions fill less of a brain than this: the largest tumours with their oedema take a fifth of one. */
const MOST_OF_LESIONS = 0.5;
/** Tissue fills more of a brain than this: nearly all of an extracted one, a third of a whole head. */
const LEAST_OF_TISSUE = 0.25;

/** How much of the brain is labelled. */
interface LabelledShare {
  /** Of the median case, 0 to 1. */
  readonly share: number;
  /** What so much, or so little, plainly is; undefined in between. */
  readonly looksLike: "tissue" | "lesion" | undefined;
}

/** Of the cases whose brain is known; undefined where none is, or none has labels. */
export function labelledShare(cases: readonly CheckedCase[]): LabelledShare | undefined {
  const shares = cases
    .filter(({ brain, labels }) => (brain === "mask" || brain === "non-zero") && labels.length > 0)
    .map(({ labels, brainMillilitres }) => labels.reduce((sum, one) => sum + one.millilitres, 0) / brainMillilitres)
    .sort((a, b) => a - b);
  const share = shares[Math.floor((shares.length - 1) / 2)];
  if (share === undefined) return undefined;
  return { share, looksLike: share < LEAST_OF_TISSUE ? "lesion" : share > MOST_OF_LESIONS ? "tissue" : undefined };
}

/** Why labels of this kind would not fill as much of the brain as they do; nothing where they may. */
export function shareDoubts(kind: "tissue" | "lesion", found: LabelledShare | undefined): readonly string[] {
  if (found?.looksLike === undefined || found.looksLike === kind) return [];
  const fill = `the labels fill ${(100 * found.share).toFixed(found.share < 0.1 ? 1 : 0)} % of the brain in the median case`;
  return [kind === "tissue" ? `${fill}; CSF, GM and WM fill nearly all of it` : `${fill}; lesions do not`];
}

import type { LabelMapConfig, LabelMeaning } from "./types.js";

/** Values from `from` to `to`, both included. */
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/**
 * What the values of FreeSurfer's `aseg`, `aparc+aseg` (Desikan-Killiany) and `wmparc` are, after its
 * FreeSurferColorLUT.txt. The left and right half of a structure stand beside each other.
 */
const STRUCTURES: readonly (readonly [LabelMeaning, readonly number[]])[] = [
  [["background"], [0]],
  // Ventricles, CSF around the brain, choroid plexus.
  [["CSF"], [4, 43, 5, 44, 14, 15, 24, 31, 63, 72]],
  // Cortex of cerebrum and cerebellum; thalamus, caudate, putamen, pallidum, hippocampus, amygdala, accumbens.
  [["GM"], [3, 42, 8, 47, 9, 48, 10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58]],
  [["GM"], [...range(1000, 1035), ...range(2000, 2035)]],
  // White matter of cerebrum and cerebellum, brain stem, ventral diencephalon, corpus callosum.
  [["WM"], [2, 41, 7, 46, 16, 28, 60, ...range(251, 255)]],
  [["WM"], [...range(3000, 3035), ...range(4000, 4035), 5001, 5002]],
  // Vessels, hypointensities (they may be lesions), optic chiasm: neither tissue can be said of them.
  ["ignore", [30, 62, 77, 78, 79, 80, 81, 82, 85]],
];

/** The label map of a FreeSurfer segmentation. Written out in full, for it goes into the manifest as values. */
export const FREESURFER_LABELS: Extract<LabelMapConfig, { readonly values: unknown }> = {
  values: Object.fromEntries(
    STRUCTURES.flatMap(([meaning, values]) => values.map((value) => [String(value), meaning])),
  ),
};

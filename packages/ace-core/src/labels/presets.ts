import { coreError } from "../foundation/index.js";
import type { LabelMap, LabelMeaning, LabelSpace } from "./types.js";

/** Class names of the tissue preset, in the order of its label values 1, 2, 3. */
const TISSUE_CLASSES = ["CSF", "GM", "WM"] as const;
/** Class name that the lesion preset looks for first. */
const LESION_CLASS = "lesion";

/**
 * The values of a preset in a label space: `tissue` is 0 background, 1 CSF, 2 GM, 3 WM; `lesion` is 0 every class
 * that is not the lesion, 1 the lesion.
 *
 * @throws LABEL_CLASS_UNKNOWN if the space has not the classes that the preset needs.
 */
export function presetValues(kind: "tissue" | "lesion", space: LabelSpace): Record<string, LabelMeaning> {
  if (kind === "lesion") return { 0: "rest", 1: [lesionClass(space)] };
  const [background] = space.classes;
  if (background === undefined) throw new TypeError("a label space has at least two classes");
  return { 0: [background], 1: ["CSF"], 2: ["GM"], 3: ["WM"] };
}

/**
 * The classes whose connected regions are lesions: all but the background, which is the first, and the tissues, whose
 * number of regions says nothing of a patient.
 */
export function lesionNames(classes: readonly string[]): string[] {
  return classes.slice(1).filter((name) => !(TISSUE_CLASSES as readonly string[]).includes(name));
}

/** Those of them that a site annotates. */
export function lesionClasses({ annotated, space }: Pick<LabelMap, "annotated" | "space">): number[] {
  const names = lesionNames(space.classes);
  return annotated.filter((k) => names.includes(space.classes[k] ?? ""));
}

/** The class named "lesion", or else the only one that is neither background nor tissue. */
function lesionClass(space: LabelSpace): string {
  if (space.classes.indexOf(LESION_CLASS) > 0) return LESION_CLASS;
  const others = lesionNames(space.classes);
  const [only] = others;
  if (only !== undefined && others.length === 1) return only;
  const choice =
    others.length === 0 ? `the plan has only ${space.classes.join(", ")}` : `it could be ${others.join(" or ")}`;
  throw coreError("LABEL_CLASS_UNKNOWN", `label map kind lesion: which class is the lesion is not clear, ${choice}`, {
    remedy: "Write the label map out with `values`, naming the class that your masks show.",
    fields: { classes: others },
  });
}

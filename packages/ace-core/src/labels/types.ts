/** The classes of a model in the order of its logits; index 0 is the background. At most 31. */
export interface LabelSpace {
  readonly classes: readonly string[];
}

/** A set of classes as a bit mask: bit k is class k. */
export type ClassSet = number;

/**
 * What one label value of an archive may mean: class names, every class that no other value of the map names
 * (`rest`), or every class (`ignore`: no loss there).
 */
export type LabelMeaning = readonly string[] | "rest" | "ignore";

/**
 * A label map as written in a site's configuration and as sent to the coordinator in the manifest. The presets:
 * `tissue` is 0 background, 1 CSF, 2 GM, 3 WM; `lesion` is 0 rest, 1 lesion.
 */
export type LabelMapConfig =
  { readonly kind: "tissue" | "lesion" } | { readonly values: Readonly<Record<string, LabelMeaning>> };

/** A label map resolved against a label space. Label volumes are stored as indices into `values` and `sets`. */
export interface LabelMap {
  readonly space: LabelSpace;
  /** The archive's label values, ascending. */
  readonly values: readonly number[];
  /** The set of classes each value means, same order. */
  readonly sets: readonly ClassSet[];
  /** Indices into `sets` of the foreground: sets without the background. Dice is taken over these. */
  readonly foreground: readonly number[];
  /** Class indices this archive annotates: it has a value that means exactly this class, and no other value could mean it. Ascending, background included where it is annotated. */
  readonly annotated: readonly number[];
}

import { dice } from "./dice.js";
import { hd95 } from "./hd95.js";
import { lesionF1, lesionPrecision, lesionRecall } from "./lesions.js";
import type { MaskPair } from "./masks.js";
import { maskMl, volumeDifferencePercent } from "./volume.js";

/** False volume of a case in mL from which on it is more than a few stray voxels: 5 mm of a ball's radius are .5 mL. */
export const FALSE_VOLUME_ML = 1;

/** Longest side of what can be in an image, mm: the bore of a scanner is .6 to .7 m wide. No honest value lies beyond. */
const BORE_MM = 700;
/** Most voxels of a case, for a class that has one of them: 512³. */
const MOST_VOXELS = 512 ** 3;

/** How a prediction is scored in one class of one case, and what is to be known of the number. */
export interface Metric {
  readonly unit: string;
  readonly better: "higher" | "lower" | "nearer to 0";
  /** Bounds, inclusive, beyond which no honest site can be: the coordinator refuses what lies outside. */
  readonly least: number;
  readonly most: number;
  /**
   * The classes in which it can be assessed: those that a site annotates, of these the lesions, or those that its labels
   * say are not there.
   */
  readonly over: "annotated" | "annotated lesion" | "absent";
  /** What becomes of empty masks. */
  readonly empty: string;
  readonly source: string;
  /** Takes seconds per case of 1 mm: only final models are scored in it, not each round's. */
  readonly costly?: boolean;
  /** On the voxels of the scan itself, of the labels that `predict` writes, and not at the plan's spacing as the others. */
  readonly onScan?: boolean;
  /** The number of one case; null where it is not defined, to be left out of the mean over cases. */
  readonly measure: (masks: MaskPair) => number | null;
}

/** Every metric by its name in messages. A number is the mean over the cases of a site in which it is defined. */
export const METRICS = {
  dice: {
    unit: "",
    better: "higher",
    least: 0,
    most: 1,
    over: "annotated",
    empty: "both: not defined; one: 0",
    source: "Dice, Ecology 1945",
    measure: dice,
  },
  scanDice: {
    unit: "",
    better: "higher",
    least: 0,
    most: 1,
    over: "annotated",
    empty: "both: not defined; one: 0",
    source: "Dice, Ecology 1945, on the scan's own grid",
    costly: true,
    onScan: true,
    measure: dice,
  },
  hd95: {
    unit: "mm",
    better: "lower",
    least: 0,
    most: Math.hypot(BORE_MM, BORE_MM, BORE_MM),
    over: "annotated",
    empty: "both: not defined; one: the volume's diagonal",
    source: "Maier-Hein et al., Nature Methods 2024",
    costly: true,
    measure: hd95,
  },
  volumeDifference: {
    unit: "%",
    better: "nearer to 0",
    least: -100,
    most: 100 * MOST_VOXELS,
    over: "annotated",
    empty: "truth: not defined; prediction: -100",
    source: "Taha & Hanbury, BMC Medical Imaging 2015, with its sign",
    measure: volumeDifferencePercent,
  },
  lesionRecall: {
    unit: "",
    better: "higher",
    least: 0,
    most: 1,
    over: "annotated lesion",
    empty: "truth: not defined; prediction: 0",
    source: "lesion-wise true positive rate, any overlap, Carass et al., NeuroImage 2017; 26 neighbours",
    measure: lesionRecall,
  },
  lesionPrecision: {
    unit: "",
    better: "higher",
    least: 0,
    most: 1,
    over: "annotated lesion",
    empty: "prediction: not defined; truth: 0",
    source: "1 − lesion-wise false positive rate, any overlap, Carass et al., NeuroImage 2017; 26 neighbours",
    measure: lesionPrecision,
  },
  lesionF1: {
    unit: "",
    better: "higher",
    least: 0,
    most: 1,
    over: "annotated lesion",
    empty: "both: not defined; one: 0",
    source: "harmonic mean of the two, as Commowick et al., Scientific Reports 2018, with any overlap",
    measure: lesionF1,
  },
  falseVolume: {
    unit: "mL",
    better: "lower",
    least: 0,
    most: BORE_MM ** 3 / 1000,
    over: "absent",
    empty: "prediction: 0; truth is empty by the site's labels",
    source: "volume of false positives, Maier-Hein et al., Nature Methods 2024",
    measure: ({ prediction, spacing }) => maskMl(prediction, spacing),
  },
  falseVolumeShare: {
    unit: `of cases above ${FALSE_VOLUME_ML} mL`,
    better: "lower",
    least: 0,
    most: 1,
    over: "absent",
    empty: "prediction: 0; truth is empty by the site's labels",
    source: `share of cases with a false volume above ${FALSE_VOLUME_ML} mL`,
    measure: ({ prediction, spacing }) => (maskMl(prediction, spacing) > FALSE_VOLUME_ML ? 1 : 0),
  },
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** The rows of the table as metrics. */
export function metricOf(name: MetricName): Metric {
  return METRICS[name];
}

/** Heading of a metric's numbers. */
export function metricTitle(name: MetricName): string {
  const { unit, better, over }: Metric = METRICS[name];
  return `${[name, unit].filter((text) => text !== "").join(", ")}: ${better} is better; ${over} classes`;
}

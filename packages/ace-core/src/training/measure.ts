import { absentClasses, classesOf, fullSet, lesionClasses } from "../labels/index.js";
import type { LabelMap } from "../labels/index.js";
import { IGNORE, masksOf, metricOf } from "../metrics/index.js";
import type { MaskPair, Metric, MetricName } from "../metrics/index.js";

/** Truth that is none of the annotated classes, without saying which. */
const REST = 254;

/** A metric of one class in one case. */
interface Measure {
  readonly metric: MetricName;
  /** Index of the class in the label space. */
  readonly k: number;
  /** Null where it is not defined: see the metric's rule for empty masks. */
  readonly value: number | null;
}

/** What measures a case whose labels are a site's, in those metrics that its label map allows. */
export interface Measurer {
  /** Label indices as truth for masks: the one class each means. */
  readonly truth: (labels: Uint8Array) => Uint8Array;
  readonly measure: (labels: MaskPair, names: readonly MetricName[]) => Measure[];
}

/** Measures by what a label map can tell: the classes it annotates, of these the lesions, or those that are not there. */
export function measurer(map: LabelMap): Measurer {
  const classOf = truthClasses(map);
  const foreground = (classes: readonly number[]): number[] => classes.filter((k) => k > 0);
  const classes: Readonly<Record<Metric["over"], readonly number[]>> = {
    annotated: foreground(map.annotated),
    "annotated lesion": lesionClasses(map),
    absent: foreground(absentClasses(map)),
  };
  return {
    truth: (labels) => labels.map((label) => classOf[label] ?? IGNORE),
    measure: (labels, names) =>
      map.space.classes.flatMap((_, k) => {
        const those = names.filter((name) => classes[metricOf(name).over].includes(k));
        if (those.length === 0) return [];
        const masks = masksOf(labels, k);
        return those.map((metric) => ({ metric, k, value: metricOf(metric).measure(masks) }));
      }),
  };
}

/** Per label index: the one class it means, {@link REST} where it is one of several, {@link IGNORE} if any of all. */
function truthClasses(map: LabelMap): number[] {
  return map.sets.map((set) => {
    const classes = classesOf(set);
    if (set === fullSet(map.space)) return IGNORE;
    return classes.length === 1 ? (classes[0] ?? REST) : REST;
  });
}

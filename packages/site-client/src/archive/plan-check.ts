import { absentClasses, classesOf, fullSet, labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap, LabelMapConfig } from "@fedace/ace-core/labels";
import { mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { CheckReport } from "./check.js";
import { countCombinations } from "./combinations.js";
import type { InputCombination } from "./combinations.js";

/** What an archive's labels say of one class of a plan. */
interface PlanClass {
  readonly name: string;
  /** The label values that may mean it. */
  readonly values: readonly number[];
  /**
   * `taught`: its values mean it alone; `mixed`: only values that may mean others too; `absent`: no value can mean it, so
   * that what a model sees of it is false.
   */
  readonly here: "taught" | "mixed" | "absent";
}

/** An archive held against a plan. */
export interface PlanReport {
  readonly name: string;
  readonly inputs: readonly string[];
  /** Whether a case may lack some of the inputs. */
  readonly mayLack: boolean;
  /** The usable cases by those of the plan's images that they have. */
  readonly cases: readonly InputCombination[];
  /** Null where no label map was given. */
  readonly classes: readonly PlanClass[] | null;
  /** Bytes of a training step, and of memory that is free now. */
  readonly stepBytes: number;
  readonly freeBytes: number;
}

/**
 * @param memory bytes of a training step of the plan, and those that are free now
 * @throws LABEL_CLASS_UNKNOWN, LABEL_MAP_CONTRADICTION
 */
export function planReport(
  plan: Plan,
  { usable }: Pick<CheckReport, "usable">,
  labels: LabelMapConfig | undefined,
  memory: Pick<PlanReport, "stepBytes" | "freeBytes">,
): PlanReport {
  const map = labels === undefined ? undefined : resolveLabelMap(labels, labelSpace(plan.classes));
  return {
    name: plan.name,
    inputs: plan.inputs,
    mayLack: mayLack(plan),
    cases: countCombinations(usable.map(({ inputs }) => inputs)),
    classes: map === undefined ? null : planClasses(map),
    ...memory,
  };
}

function planClasses(map: LabelMap): PlanClass[] {
  const absent = absentClasses(map);
  const full = fullSet(map.space);
  return map.space.classes.map((name, k) => ({
    name,
    values: map.values.filter((_, i) => map.sets[i] !== full && classesOf(map.sets[i] ?? 0).includes(k)),
    here: map.annotated.includes(k) ? "taught" : absent.includes(k) ? "absent" : "mixed",
  }));
}

import type { LabelMap } from "@fedace/ace-core/labels";
import { mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { OwnGrid, TrainingCase } from "@fedace/ace-core/training";
import { nativeLabels, readOnOwnGrid } from "../archive/index.js";

/** Reads cases of an archive again as their scans have them, for scores of the labels that `predict` would write there. */
export function ownGrids(
  archive: string,
  plan: Plan,
  labelMap: LabelMap,
  signal: AbortSignal,
): (item: TrainingCase) => Promise<OwnGrid | undefined> {
  const options = { inputs: plan.inputs, mayLack: mayLack(plan), spacing: plan.spacing, labelMap, signal };
  return async (item) => {
    const found = await readOnOwnGrid(archive, item.index, options);
    if (found === undefined) return undefined;
    const { labels, brain, sampling, spacing } = found;
    const [x, y, z] = labels.grid.size;
    return {
      truth: labels.data,
      size: [z, y, x],
      spacing: [spacing[2], spacing[1], spacing[0]],
      labels: (data) => nativeLabels({ data, sampling, classes: plan.classes.length }, brain).data,
    };
  };
}

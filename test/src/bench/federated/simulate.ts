import { aggregate, siteWeights } from "@fedace/ace-core/aggregation";
import type { AggregationInput } from "@fedace/ace-core/aggregation";
import type { LabelMap } from "@fedace/ace-core/labels";
import { HEAD_BIAS, HEAD_WEIGHT } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import { weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { localRound } from "@fedace/ace-core/training";
import type { LocalRoundResult, TrainingCase } from "@fedace/ace-core/training";

/** A site without a network between it and the coordinator. */
export interface SimulatedSite {
  readonly name: string;
  readonly labelMap: LabelMap;
  /** To train on. */
  readonly cases: readonly TrainingCase[];
}

/** One round: every site trains from `model`, and the updates are averaged as the coordinator does. */
export async function simulateRound(
  plan: Plan,
  round: number,
  model: WeightSet,
  sites: readonly SimulatedSite[],
): Promise<{ readonly model: WeightSet; readonly updates: readonly LocalRoundResult[] }> {
  const updates: LocalRoundResult[] = [];
  for (const site of sites) {
    updates.push(
      await localRound({
        plan,
        round,
        weights: model,
        cases: site.cases,
        labelMap: site.labelMap,
        site: site.name,
      }),
    );
  }
  const next = weightSet(model.specs);
  await aggregate(averaging(plan, sites, updates, model), (offset, values) => {
    next.data.set(values, offset);
    return Promise.resolve();
  });
  return { model: next, updates };
}

function averaging(
  plan: Plan,
  sites: readonly SimulatedSite[],
  updates: readonly LocalRoundResult[],
  model: WeightSet,
): AggregationInput {
  const annotated = sites.map((site) => site.labelMap.annotated);
  return {
    specs: model.specs,
    readers: updates.map(({ weights }) => ({
      read: (offset, length) => Promise.resolve(weights.data.slice(offset, offset + length)),
    })),
    weights: siteWeights(updates, plan.aggregation.weighting, plan.classes[0]),
    head:
      plan.aggregation.head === "average"
        ? { mode: "average" }
        : { mode: "annotating", weight: HEAD_WEIGHT, bias: HEAD_BIAS, annotated },
  };
}

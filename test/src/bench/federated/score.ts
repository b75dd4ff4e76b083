import { diceTable } from "@fedace/ace-core/metrics";
import { modelSpec } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { argmax, patchSize, predictProbabilities } from "@fedace/ace-core/training";
import type { TrainingCase } from "@fedace/ace-core/training";

/** Mean Dice per class over cases that are labelled for every class, as `predict` segments them. */
export async function score(
  plan: Plan,
  weights: WeightSet,
  cases: readonly TrainingCase[],
): Promise<Record<string, number>> {
  const sums = plan.classes.map(() => ({ sum: 0, count: 0 }));
  for (const item of cases) {
    const probabilities = await predictProbabilities({
      weights,
      model: modelSpec(plan.model, plan.inputs.length, plan.classes.length),
      image: item.image,
      size: item.size,
      patch: patchSize(plan),
    });
    const table = diceTable(argmax(probabilities, plan.classes.length), item.labels, plan.classes.length);
    for (const [k, dice] of table.entries()) {
      const entry = sums[k];
      if (entry === undefined || dice === null) continue;
      entry.sum += dice;
      entry.count++;
    }
  }
  return Object.fromEntries(plan.classes.map((name, k) => [name, (sums[k]?.sum ?? 0) / (sums[k]?.count ?? 0)]));
}

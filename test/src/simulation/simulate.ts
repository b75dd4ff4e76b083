import { aggregate, capShares, movingAverage, siteWeights, strategyOf } from "@fedace/ace-core/aggregation";
import type { Random } from "@fedace/ace-core/foundation";
import { HEAD_BIAS, HEAD_WEIGHT } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import { weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { displacement, localRound, nextCorrection } from "@fedace/ace-core/training";
import type { LocalRoundResult } from "@fedace/ace-core/training";
import type { Cases } from "./study.js";

/** A site without a network between it and the coordinator. */
interface SimulatedSite extends Cases {
  /** Its control variate, where the plan has drift correction and it took part before. */
  readonly correction?: WeightSet;
}

/** Where a simulated run stands between two rounds. */
export interface Standing {
  /** What the sites train on from. */
  readonly model: WeightSet;
  /** What would be published. */
  readonly published: WeightSet;
  readonly sites: readonly SimulatedSite[];
  /** What the plan's strategy keeps; zeros before the first round. */
  readonly kept?: readonly Float32Array[];
}

/** Some sites miss each round with this probability; one of each kind of label map always takes part. */
export function takingPart(sites: readonly SimulatedSite[], missing: number, random: Random): SimulatedSite[] {
  if (missing === 0) return [...sites];
  const here = sites.filter(() => random.uniform() >= missing);
  const kinds = new Set(sites.map(({ labelMap }) => labelMap.annotated.join()));
  for (const kind of kinds) {
    if (here.some(({ labelMap }) => labelMap.annotated.join() === kind)) continue;
    const those = sites.filter(({ labelMap }) => labelMap.annotated.join() === kind);
    here.push(...those.slice(0, 1));
  }
  return sites.filter((site) => here.includes(site));
}

/** One round: every site that takes part trains from the model, and the updates are averaged as the coordinator does. */
export async function simulateRound(
  plan: Plan,
  round: number,
  { model, published, sites, kept }: Standing,
  present: readonly SimulatedSite[] = sites,
): Promise<Standing & { readonly updates: readonly LocalRoundResult[] }> {
  const updates: LocalRoundResult[] = [];
  for (const { cases, labelMap, name, correction } of present) {
    const drift = correction === undefined ? {} : { correction };
    updates.push(await localRound({ plan, round, weights: model, cases, labelMap, site: name, ...drift }));
  }
  const mean = weightSet(model.specs);
  const { weighting, head, average } = plan.aggregation;
  const absent = sites.filter((site) => !present.includes(site)).map(numbersOf);
  await aggregate(
    {
      specs: model.specs,
      readers: updates.map(({ weights }) => ({
        read: (offset, length) => Promise.resolve(weights.data.slice(offset, offset + length)),
      })),
      weights: capShares(siteWeights(updates, weighting, plan.classes[0], absent)),
      head:
        head === "average"
          ? { mode: "average" }
          : {
              mode: "annotating",
              weight: HEAD_WEIGHT,
              bias: HEAD_BIAS,
              annotated: present.map((site) => site.labelMap.annotated),
            },
    },
    (offset, values) => {
      mean.data.set(values, offset);
      return Promise.resolve();
    },
  );
  const strategy = strategyOf(plan.aggregation);
  const zeros = Array.from({ length: strategy.vectors }, () => new Float32Array(model.data.length));
  const made = strategy.next({ model: model.data, mean: mean.data, state: kept ?? zeros });
  const next: WeightSet = { specs: model.specs, data: made.model };
  const moved = displacement(plan, round);
  const corrected = sites.map((site): SimulatedSite => {
    const sent = updates[present.indexOf(site)];
    if (sent === undefined || plan.training.correction === "off") return site;
    return { ...site, correction: nextCorrection(site.correction, next, sent.weights, moved) };
  });
  const smooth = average.kind === "ema" && round > 1;
  return {
    model: next,
    published: smooth ? { specs: next.specs, data: movingAverage(published.data, next.data, average.decay) } : next,
    sites: corrected,
    kept: made.state,
    updates,
  };
}

function numbersOf({ cases, labelMap }: SimulatedSite): { cases: number; voxels: Record<string, number> } {
  return {
    cases: cases.length,
    voxels: Object.fromEntries(labelMap.annotated.map((k) => [labelMap.space.classes[k] ?? "", 0])),
  };
}

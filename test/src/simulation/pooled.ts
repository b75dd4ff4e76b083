import type { LabelMap } from "@fedace/ace-core/labels";
import type { Plan } from "@fedace/ace-core/protocol";
import { patchSampler, patchSize } from "@fedace/ace-core/training";
import type { LocalRoundInput } from "@fedace/ace-core/training";
import type { Cases } from "./study.js";

/**
 * All archives in one place: what a local round needs to train on them at once. Each archive keeps its own label
 * values, one list of sets after the other, so that the loss treats each voxel by its own archive's map. Patches are
 * drawn from every archive equally often (Roulet et al. 2019), and from its label values as the plan says.
 */
export function pool(plan: Plan, sites: readonly Cases[]): Pick<LocalRoundInput, "cases" | "labelMap" | "sampler"> {
  const [first] = sites;
  if (first === undefined) throw new TypeError("there is no archive to pool");
  const offsets = sites.map((_, i) => sites.slice(0, i).reduce((sum, { labelMap }) => sum + labelMap.values.length, 0));
  const all = <T>(of: (map: LabelMap, offset: number) => readonly T[]): T[] =>
    sites.flatMap(({ labelMap }, i) => of(labelMap, offsets[i] ?? 0));
  const labelMap: LabelMap = {
    space: first.labelMap.space,
    values: all(({ values }, offset) => values.map((_, i) => offset + i)),
    sets: all(({ sets }) => sets),
    foreground: all(({ foreground, sets }, offset) =>
      foreground.filter((label) => !earlier(sites, offset, sets[label])).map((label) => offset + label),
    ),
    annotated: [...new Set(all(({ annotated }) => annotated))].sort((a, b) => a - b),
  };
  const archives = sites.map(({ cases }, i) =>
    cases.map((item) => ({ ...item, labels: item.labels.map((label) => label + (offsets[i] ?? 0)) })),
  );
  const samplers = archives.map((cases) => patchSampler(cases, labelMap, patchSize(plan), plan.training.sampling));
  return {
    cases: archives.flat(),
    labelMap,
    sampler: (random) => {
      const sampler = samplers[random.integer(samplers.length)];
      if (sampler === undefined) throw new TypeError("there is no archive to draw from");
      return sampler(random);
    },
  };
}

/** Whether an earlier archive has a value of the same meaning: a set is a foreground of Dice once. */
function earlier(sites: readonly Cases[], offset: number, set: number | undefined): boolean {
  let begin = 0;
  for (const { labelMap } of sites) {
    if (begin >= offset) return false;
    if (labelMap.foreground.some((label) => labelMap.sets[label] === set)) return true;
    begin += labelMap.values.length;
  }
  return false;
}

import { aggregate, capShares, siteWeights, strategyOf } from "@fedace/ace-core/aggregation";
import type { AggregationInput, Weighed } from "@fedace/ace-core/aggregation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { HEAD_BIAS, HEAD_WEIGHT } from "@fedace/ace-core/model/architecture";
import type { Plan } from "@fedace/ace-core/protocol";
import { encodeHeader } from "@fedace/ace-core/tensors";
import type { TensorSpec } from "@fedace/ace-core/tensors";
import type { Counted } from "../rounds/index.js";
import { openValues } from "@fedace/ace-core/host";
import type { ValuesFile } from "@fedace/ace-core/host";
import type { ObjectRef, Objects } from "../store/index.js";

interface AverageInput {
  readonly plan: Plan;
  readonly specs: readonly TensorSpec[];
  /** In the order of site names, which fixes the order of summation. */
  readonly counted: readonly Counted[];
  /** The last numbers of sites of the run that are not in this round. */
  readonly absent: readonly Weighed[];
  /** Where the update of a site lies that has this digest. */
  readonly path: (site: string, sha256: string) => string;
  /** The model that the round began with. */
  readonly model: ObjectRef;
  /** What the strategy kept of the round before; nothing before the first one. */
  readonly state: readonly ObjectRef[];
  readonly objects: Objects;
  readonly signal: AbortSignal;
}

/** What a round has come to. */
interface Averaged {
  readonly model: ObjectRef;
  /** What the strategy keeps for the next round. */
  readonly state: readonly ObjectRef[];
}

/**
 * Averages the counted updates side by side and makes the next model of the mean, as the plan's strategy says, into new
 * objects. The same inputs make the same objects, to the last bit, so an interrupted averaging can simply be done again.
 *
 * @throws DISK_FULL, DATA_FOLDER_DAMAGED; the signal's reason
 */
export async function averageRound(input: AverageInput): Promise<Averaged> {
  const { plan, specs, counted, objects, signal } = input;
  const strategy = strategyOf(plan.aggregation);
  const files: ValuesFile[] = [];
  const opened = async (file: Parameters<typeof openValues>[0]): Promise<ValuesFile> => {
    const values = await openValues(file);
    files.push(values);
    return values;
  };
  const writers: Awaited<ReturnType<Objects["create"]>>[] = [];
  try {
    const updates: ValuesFile[] = [];
    for (const { site, sha256 } of counted) updates.push(await opened(input.path(site, sha256)));
    const before: ValuesFile[] = [];
    const kept = strategy.vectors === 0 ? [] : [input.model, ...input.state];
    for (const { sha256 } of kept) before.push(await opened(await objects.open(sha256, "now")));
    for (let vector = 0; vector <= strategy.vectors; vector++) {
      const writer = await objects.create();
      writers.push(writer);
      await writer.append(encodeHeader(specs, {}));
    }
    await aggregate(
      {
        specs,
        readers: updates,
        weights: capShares(siteWeights(counted, plan.aggregation.weighting, plan.classes[0], input.absent)),
        head: headOf(plan, counted),
        signal,
      },
      async (offset, mean) => {
        const [model = mean, ...state] = await Promise.all(before.map((file) => file.read(offset, mean.length)));
        const next = strategy.next({ model, mean, state });
        for (const [vector, values] of [next.model, ...next.state].entries()) {
          await writers[vector]?.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        }
      },
    );
    const [model, ...state] = await Promise.all(writers.map((writer) => writer.commit()));
    if (model === undefined) throw new RangeError("a strategy makes a model");
    return { model, state };
  } finally {
    for (const writer of writers) await writer.discard();
    await Promise.all(files.map((file) => file.close()));
  }
}

function headOf(plan: Plan, counted: readonly Counted[]): AggregationInput["head"] {
  if (plan.aggregation.head === "average") return { mode: "average" };
  const space = labelSpace(plan.classes);
  const annotated = counted.map(({ labels }) => resolveLabelMap(labels, space).annotated);
  return { mode: "annotating", weight: HEAD_WEIGHT, bias: HEAD_BIAS, annotated };
}

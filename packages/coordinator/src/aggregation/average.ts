import { aggregate, capShares, siteWeights } from "@fedace/ace-core/aggregation";
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
  readonly objects: Objects;
  readonly signal: AbortSignal;
}

/**
 * Averages the counted updates side by side into a new object. The same updates make the same object, to the last bit,
 * so an interrupted averaging can simply be done again.
 *
 * @throws DISK_FULL; the signal's reason
 */
export async function averageRound(input: AverageInput): Promise<ObjectRef> {
  const { plan, specs, counted, objects, signal } = input;
  const files: ValuesFile[] = [];
  const writer = await objects.create();
  try {
    for (const { site, sha256 } of counted) files.push(await openValues(input.path(site, sha256)));
    await writer.append(encodeHeader(specs, {}));
    await aggregate(
      {
        specs,
        readers: files,
        weights: capShares(siteWeights(counted, plan.aggregation.weighting, plan.classes[0], input.absent)),
        head: headOf(plan, counted),
        signal,
      },
      async (_offset, values) => {
        await writer.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      },
    );
    return await writer.commit();
  } finally {
    await writer.discard();
    await Promise.all(files.map((file) => file.close()));
  }
}

function headOf(plan: Plan, counted: readonly Counted[]): AggregationInput["head"] {
  if (plan.aggregation.head === "average") return { mode: "average" };
  const space = labelSpace(plan.classes);
  const annotated = counted.map(({ labels }) => resolveLabelMap(labels, space).annotated);
  return { mode: "annotating", weight: HEAD_WEIGHT, bias: HEAD_BIAS, annotated };
}

import type { Assignment } from "@fedace/ace-core/protocol";
import type { Kept } from "./kept.js";

/** A model beside the one to start from that has to be downloaded first. */
export type Need = "previous" | "average";

type Named = Pick<Assignment, "round" | "model" | "previous" | "average">;

/**
 * What an assignment needs beside its model. Mostly nothing: the model to start from is the one that the site's last
 * update went into, and the moving average follows from the one kept and that model. Whoever missed a round has to ask
 * for the model of the round in which its update counted, or for the average as it is.
 */
export function needs(kept: Kept, { round, model, previous, average }: Named): Need[] {
  const result: Need[] = [];
  if (previous !== undefined && awaits(kept, previous) && previous.model.sha256 !== model.sha256)
    result.push("previous");
  if (average !== undefined && average.sha256 !== model.sha256) {
    const here = kept.average?.weights.sha256 === average.sha256 || kept.average?.round === round - 2;
    if (!here) result.push("average");
  }
  return result;
}

/** Whether the update of a round that counted is here and not yet worked into the control variate. */
export function awaits({ variate, sent }: Kept, previous: NonNullable<Named["previous"]>): boolean {
  return variate.through < previous.round && sent?.round === previous.round && sent.update.sha256 === previous.update;
}

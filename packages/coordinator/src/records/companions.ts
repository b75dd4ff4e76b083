import type { Assignment } from "@fedace/ace-core/protocol";
import type { Duty, ModelRef, Run } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { findModel } from "./models.js";
import { lastCounted } from "./uploads.js";

/** What an assignment says beyond its duty; see there. */
type Companions = Pick<Assignment, "previous" | "average">;

/** The models that a site may need beside the one it starts from: what its plan's drift correction and average call for. */
export async function companions(
  sql: Sql,
  run: Run,
  site: string,
  { kind, round }: Pick<Duty, "kind" | "round">,
): Promise<Companions> {
  const { training, aggregation } = run.plan;
  const last =
    kind === "train" && training.correction !== "off" ? await lastCounted(sql, run.id, site, round) : undefined;
  const made = last === undefined ? undefined : await findModel(sql, run.id, last.round);
  const before =
    aggregation.average.kind === "none" || round === 1 ? undefined : await findModel(sql, run.id, round - 1);
  return {
    ...(last === undefined || made === undefined
      ? {}
      : { previous: { round: last.round, update: last.sha256, model: file(made) } }),
    ...(before === undefined ? {} : { average: file(before.published) }),
  };
}

function file({ sha256, bytes }: ModelRef): ModelRef {
  return { sha256, bytes };
}

import { isDeepStrictEqual } from "node:util";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { isEligible } from "../rounds/index.js";
import type { DeclaredLabels, Participant, Run } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { requireRun } from "./runs.js";
import { lastUpload } from "./uploads.js";
import type { Upload } from "./uploads.js";

/**
 * What the sites of a run have last said of their labels: with the updates of its latest round, or, where a site has sent
 * none with its present label map, in another run.
 *
 * @param counted updates of the run's latest round that has any
 */
export async function declaredLabels(
  sql: Sql,
  run: Run,
  roster: readonly Participant[],
  counted: readonly Upload[],
): Promise<DeclaredLabels[]> {
  const { spacing } = run.plan;
  const here = counted.flatMap(({ site, labels, numbers }): DeclaredLabels[] =>
    labels === null ? [] : [{ site, labels, counted: { ...numbers, spacing } }],
  );
  const others: DeclaredLabels[] = [];
  for (const { site, standing } of roster.filter(isEligible)) {
    if (here.some((one) => one.site === site)) continue;
    others.push({ site, labels: standing.labels, counted: await elsewhere(sql, site, standing.labels) });
  }
  return [...here, ...others].sort((a, b) => (a.site < b.site ? -1 : 1));
}

/** Of the site's last update in any run, if it was made with these labels. */
async function elsewhere(sql: Sql, site: string, labels: DeclaredLabels["labels"]): Promise<DeclaredLabels["counted"]> {
  try {
    const upload = await lastUpload(sql, site);
    if (upload === undefined || !isDeepStrictEqual(upload.labels, labels)) return null;
    const { plan } = await requireRun(sql, upload.run);
    return { ...upload.numbers, spacing: plan.spacing };
  } catch (error) {
    // Another run that cannot be read is no reason not to show this one.
    if (isFedaceError(error, "DATA_FOLDER_DAMAGED")) return null;
    throw error;
  }
}

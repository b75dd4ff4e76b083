import { isFedaceError } from "@fedace/ace-core/foundation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap, LabelMapConfig } from "@fedace/ace-core/labels";
import { beyond, casesFor, combinationsOf, inputsAt, mayLack } from "@fedace/ace-core/protocol";
import type { Manifest, Plan } from "@fedace/ace-core/protocol";
import type { Problem } from "./state.js";

/** What can be said of a site's part in a run. */
export type Standing =
  /** It has never said what it has. */
  | { readonly kind: "unknown" }
  | {
      readonly kind: "eligible";
      readonly labels: LabelMapConfig;
      readonly map: LabelMap;
      readonly cases: number;
      readonly inputs: readonly string[];
    }
  | { readonly kind: "ineligible"; readonly problem: Problem };

/** A joined site in view of a run. */
export interface Participant {
  readonly site: string;
  readonly connected: boolean;
  /** What its manifest says that it knows of what came after the first version. */
  readonly understands?: readonly string[] | undefined;
  readonly standing: Standing;
}

export type EligibleParticipant = Participant & { readonly standing: Extract<Standing, { kind: "eligible" }> };

/** What the roster needs of a site. */
interface RosterSite {
  readonly name: string;
  readonly connectedAt: number | null;
  readonly manifest: Manifest | null;
}

/** The joined sites in view of a plan, in the order of their names. */
export function roster(sites: readonly RosterSite[], plan: Plan): Participant[] {
  return sites
    .map((site) => ({
      site: site.name,
      connected: site.connectedAt !== null,
      understands: site.manifest?.understands,
      standing: standing(site.manifest, plan),
    }))
    .sort((a, b) => (a.site < b.site ? -1 : 1));
}

export function isEligible(participant: Participant): participant is EligibleParticipant {
  return participant.standing.kind === "eligible";
}

function standing(manifest: Manifest | null, plan: Plan): Standing {
  if (manifest === null) return { kind: "unknown" };
  const unknown = beyond(plan, manifest.understands);
  if (unknown.length > 0)
    return ineligible("SITE_OUTDATED", `its client is too old for ${unknown.join(", ")} and has to be updated`);
  const cases = casesFor(manifest, plan);
  if (cases === 0) return unusable(manifest, plan);
  try {
    const map = resolveLabelMap(manifest.labels, labelSpace(plan.classes));
    return { kind: "eligible", labels: manifest.labels, map, cases, inputs: inputsAt(manifest, plan) };
  } catch (error) {
    if (!isFedaceError(error)) throw error;
    return ineligible(error.code, error.message);
  }
}

/** Why none of a site's cases can be used. */
function unusable(manifest: Manifest, plan: Plan): Standing {
  const { inputs } = plan;
  const all = combinationsOf(manifest);
  const missing = inputs.filter((input) => !all.some((one) => one.inputs.includes(input)));
  if (mayLack(plan) && missing.length === inputs.length)
    return ineligible("CASE_MODALITY_MISSING", `its cases have none of ${inputs.join(", ")}`);
  if (!mayLack(plan) && missing.length > 0)
    return ineligible("CASE_MODALITY_MISSING", `its cases have no ${missing.join(", ")}`);
  if (all.every(({ cases }) => cases === 0)) return ineligible("ARCHIVE_NO_CASES", "it has no usable case");
  return ineligible("CASE_MODALITY_MISSING", `none of its cases has ${inputs.join(" and ")}`);
}

function ineligible(code: string, message: string): Standing {
  return { kind: "ineligible", problem: { code, message } };
}

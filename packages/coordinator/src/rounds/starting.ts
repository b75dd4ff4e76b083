import { isFedaceError } from "@fedace/ace-core/foundation";
import { labelSpace, requireCoverage } from "@fedace/ace-core/labels";
import { mayLack } from "@fedace/ace-core/protocol";
import type { RunContext } from "./context.js";
import { quorumGap } from "./quorum.js";
import { isEligible } from "./roster.js";
import type { EligibleParticipant } from "./roster.js";
import type { Problem } from "./state.js";

/** How long a run that could begin waits for the other sites that have joined, milliseconds. */
export const START_GRACE_MS = 10_000;

/**
 * Why this run can never begin with the sites that have joined; undefined if it can, or as long as a site that has
 * never said what it has might change the answer.
 */
export function startProblem({ plan, roster }: RunContext): Problem | undefined {
  const fewest = plan.quorum.sites;
  if (roster.length < fewest) {
    return tooFew(`${roster.length} of at least ${fewest} sites have joined${names(roster.map(({ site }) => site))}.`);
  }
  if (roster.some(({ standing }) => standing.kind === "unknown")) return undefined;
  const eligible = roster.filter(isEligible);
  if (eligible.length < fewest) {
    const reasons = roster.flatMap(({ site, standing }) =>
      standing.kind === "ineligible" ? [`${site} cannot: ${standing.problem.message}`] : [],
    );
    return tooFew(`${eligible.length} of at least ${fewest} sites can take part; ${reasons.join("; ")}.`);
  }
  const maps = eligible.map(({ standing }) => standing.map);
  const uncovered = coverageProblem(plan, maps) ?? inputProblem(plan, eligible);
  if (uncovered !== undefined) return uncovered;
  const gap = quorumGap(plan, maps, maps);
  return gap === undefined ? undefined : tooFew(`All sites together are not a quorum: ${gap}.`);
}

/** The sites that would begin now; undefined while it is better, or necessary, to wait. */
export function starters({ plan, roster }: RunContext, since: number, now: number): EligibleParticipant[] | undefined {
  const everybody = roster.every(({ connected, standing }) => connected && standing.kind !== "unknown");
  if (!everybody && now < since + START_GRACE_MS) return undefined;
  const eligible = roster.filter(isEligible);
  const present = eligible.filter(({ connected }) => connected);
  const maps = present.map(({ standing }) => standing.map);
  const possible = eligible.map(({ standing }) => standing.map);
  const problem = coverageProblem(plan, maps) ?? inputProblem(plan, present);
  return quorumGap(plan, maps, possible) === undefined && problem === undefined ? present : undefined;
}

/** The image that none of these sites has, where cases may lack some. */
function inputProblem(plan: RunContext["plan"], sites: readonly EligibleParticipant[]): Problem | undefined {
  const nowhere = plan.inputs.filter((input) => !sites.some(({ standing }) => standing.inputs.includes(input)));
  if (!mayLack(plan) || plan.rounds === 0 || nowhere.length === 0) return undefined;
  return { code: "RUN_INPUT_NOWHERE", message: `No site has ${nowhere.join(" or ")}.` };
}

/** The class that nobody's labels can teach; of a run without rounds nobody is to teach any. */
function coverageProblem(
  { classes, rounds }: RunContext["plan"],
  maps: Parameters<typeof requireCoverage>[1],
): Problem | undefined {
  if (rounds === 0) return undefined;
  try {
    requireCoverage(labelSpace(classes), maps);
    return undefined;
  } catch (error) {
    if (!isFedaceError(error, "RUN_CLASS_UNCOVERED")) throw error;
    return { code: error.code, message: error.message };
  }
}

function tooFew(message: string): Problem {
  return { code: "RUN_TOO_FEW_SITES", message };
}

function names(sites: readonly string[]): string {
  return sites.length === 0 ? "" : ` (${sites.join(", ")})`;
}

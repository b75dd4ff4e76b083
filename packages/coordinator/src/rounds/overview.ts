import type { Plan, SiteMessage } from "@fedace/ace-core/protocol";
import { describe, waitedFor } from "./context.js";
import type { RunContext } from "./context.js";
import type { Participant } from "./roster.js";
import type { ModelRow, RoundRow, Run } from "./run.js";
import { bestModel, doubts, keptBack, lagging, scoreTable, settledScores, unscored } from "./scores.js";
import type { Doubt, EvaluationRow, ModelScores } from "./scores.js";
import { expectedMembers, fewCases, siteShares } from "./shares.js";
import type { Member, SiteShare } from "./shares.js";
import { hasEnded } from "./state.js";
import type { Problem } from "./state.js";
import { oddVolumes, siteVolumes } from "./volumes.js";
import type { DeclaredLabels, OddVolume, SiteVolumes } from "./volumes.js";

export type Progress = SiteMessage<"progress">;

/** What a site last said of where it stands, and when, Unix milliseconds. */
export type ProgressRow = Progress & { readonly at: number };

/** One site in the overview of a run. */
export interface SiteOverview {
  readonly site: string;
  readonly connected: boolean;
  /** The plan's images that its cases have; null where it cannot take part, or where that is not known yet. */
  readonly inputs: readonly string[] | null;
  /** Why it cannot take part; null where it can, or where it is not known yet. */
  readonly problem: Problem | null;
  /** What it is doing, in this round. */
  readonly status: "absent" | "unknown" | "ineligible" | "idle" | "working" | "counted" | "declined";
  readonly progress: ProgressRow | null;
}

/** Everything that `run show` tells. */
export interface Overview {
  readonly run: Run;
  readonly description: string;
  readonly ended: boolean;
  /** Why it does not go on, or why its start was refused. */
  readonly problem: Problem | null;
  readonly sites: readonly SiteOverview[];
  readonly waitingFor: readonly string[];
  readonly rounds: readonly RoundRow[];
  readonly models: readonly ModelRow[];
  readonly scores: readonly ModelScores[];
  /** The scores of the newest model for which no more are to come; null where there are none. */
  readonly latest: ModelScores | null;
  readonly best: number | null;
  /** What speaks against taking the best model's scores at their word. */
  readonly doubts: readonly Doubt[];
  /** Classes that no site scores. */
  readonly unscored: readonly string[];
  /** Classes that nobody gives a Dice of, and the sites that keep theirs to themselves. */
  readonly keptBack: readonly { readonly class: string; readonly sites: readonly string[] }[];
  /** Sites with so few cases that they score on what they train on in other rounds. */
  readonly few: readonly string[];
  /** Classes that stay unlearned while others are learned. */
  readonly lagging: readonly string[];
  /** Each site's part in the average: of the latest round with updates, or before it as it would be. */
  readonly shares: readonly SiteShare[];
  /** Each site's label map and mean volumes. */
  readonly volumes: readonly SiteVolumes[];
  /** What speaks against a site's label map. */
  readonly odd: readonly OddVolume[];
  /** Estimate from the rounds so far, milliseconds; null without any, and while the run is paused. */
  readonly msLeft: number | null;
}

/** What the overview of a run is made from. */
interface RunFacts {
  readonly run: Run;
  readonly context: RunContext;
  /** By site. */
  readonly progress: ReadonlyMap<string, ProgressRow>;
  readonly rounds: readonly RoundRow[];
  readonly evaluations: readonly EvaluationRow[];
  readonly models: readonly ModelRow[];
  /** The sites whose updates counted in the latest round that has any. */
  readonly members: readonly Member[];
  readonly declared: readonly DeclaredLabels[];
}

/** @param now Unix milliseconds */
export function overview(facts: RunFacts, now: number): Overview {
  const { run, context, progress, rounds, evaluations, models, members } = facts;
  const few = fewCases(run.plan, context.roster);
  const scores = scoreTable(run.plan.classes, evaluations, few);
  const settled = settledScores(scores, rounds, hasEnded(run.state));
  const best = bestModel(settled, run.plan.best);
  const volumes = siteVolumes(run.plan, facts.declared);
  return {
    run,
    description: describe(run.state),
    ended: hasEnded(run.state),
    problem: problemOf(run),
    sites: context.roster.map((participant) => siteOverview(run, participant, progress.get(participant.site))),
    waitingFor: waitedFor(context, run.state),
    rounds,
    models,
    scores,
    latest: settled.at(-1) ?? null,
    best: best?.model ?? null,
    doubts: best === undefined ? [] : doubts(best),
    unscored: unscoredIn(run.plan, settled),
    keptBack: keptBack(settled),
    few: run.plan.training.holdout === 0 ? [] : [...few],
    lagging: lagging(settled),
    shares: siteShares(run.plan, members.length > 0 ? members : expectedMembers(run.plan, context.roster)),
    volumes,
    odd: oddVolumes(volumes),
    msLeft: run.state.hold === null ? timeLeft(run, rounds, now) : null,
  };
}

/** The classes that nobody scores: known before the first step where the plan keeps no case back. */
function unscoredIn({ classes, training, rounds }: Plan, settled: readonly ModelScores[]): readonly string[] {
  return training.holdout === 0 && rounds > 0 ? classes.slice(1) : unscored(settled);
}

function problemOf({ state: { stage, hold } }: Run): Problem | null {
  if (stage.kind === "created") return stage.refusal;
  if (stage.kind === "failed" || stage.kind === "waiting") return stage.problem;
  return hold !== null && hold.by !== "operator" ? hold.problem : null;
}

function siteOverview(
  { state: { stage } }: Run,
  { site, connected, standing }: Participant,
  progress: ProgressRow | undefined,
): SiteOverview {
  const round = "round" in stage ? stage.round : 0;
  const current = progress?.round === round ? progress : null;
  const problem = standing.kind === "ineligible" ? standing.problem : null;
  const status = ((): SiteOverview["status"] => {
    if (standing.kind !== "eligible") return standing.kind;
    if ("counted" in stage && stage.counted.some((update) => update.site === site)) return "counted";
    if (stage.kind === "evaluating" && stage.answered.includes(site)) return "counted";
    if (stage.kind === "collecting" && stage.declined[site] !== undefined) return "declined";
    if (!connected) return "absent";
    return "assigned" in stage && stage.assigned.includes(site) ? "working" : "idle";
  })();
  const inputs = standing.kind === "eligible" ? standing.inputs : null;
  return { site, connected, inputs, problem, status, progress: status === "working" ? current : null };
}

/** Rounds of a run take about equally long; the last few tell best, should the sites' load have changed. */
const RECENT_ROUNDS = 10;

function timeLeft({ plan, state }: Run, rounds: readonly RoundRow[], now: number): number | null {
  if (hasEnded(state)) return 0;
  const done = rounds.flatMap((round) => (round.closedAt === null ? [] : [round.closedAt - round.startedAt]));
  const recent = done.slice(-RECENT_ROUNDS);
  if (recent.length === 0) return null;
  const typical = recent.reduce((sum, ms) => sum + ms, 0) / recent.length;
  const open = rounds.find((round) => round.closedAt === null);
  const spent = open === undefined ? 0 : Math.min(typical, now - open.startedAt);
  return Math.max(0, (plan.rounds - done.length) * typical - spent);
}

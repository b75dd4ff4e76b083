import { stateWord } from "../rounds/index.js";
import type { Overview } from "../rounds/index.js";

/** An overview as `run show --json` prints it. Times are ISO 8601, durations seconds. */
export function plainOverview(view: Overview): object {
  const { run, rounds } = view;
  const { stage } = run.state;
  return {
    run: run.id,
    name: run.plan.name,
    state: stateWord(run.state),
    description: view.description,
    round:
      "round" in stage
        ? Math.min(stage.round, run.plan.rounds)
        : stage.kind === "completed"
          ? (view.models.at(-1)?.round ?? run.plan.rounds)
          : 0,
    rounds: run.plan.rounds,
    ended: view.ended,
    problem: view.problem,
    waitingFor: view.waitingFor,
    secondsLeft: view.msLeft === null ? null : Math.round(view.msLeft / 1000),
    /** The sites that may take part; null for all that have joined. */
    onlySites: run.sites,
    unscored: view.unscored,
    /** Classes of which all figures are withheld, and by whom. */
    withheld: view.keptBack,
    fewCases: view.few,
    lagging: view.lagging,
    shares: view.shares,
    /** Each site's label map, and the mean mL of a case per class that it annotates; null where that is not known. */
    labels: view.volumes,
    /** Volumes that speak against a site's label map. */
    odd: view.odd,
    sites: view.sites.map(({ site, connected, inputs, status, problem, progress }) => ({
      site,
      connected,
      /** The plan's images that its cases have; null where that is not known. */
      inputs,
      status,
      problem,
      progress:
        progress === null
          ? null
          : { phase: progress.phase, done: progress.done, total: progress.total, secondsLeft: progress.secondsLeft },
    })),
    history: rounds.map((round) => ({
      round: round.round,
      started: new Date(round.startedAt).toISOString(),
      seconds: round.closedAt === null ? null : (round.closedAt - round.startedAt) / 1000,
      bytesUp: round.bytesUp,
      bytesDown: round.bytesDown,
    })),
    scores: view.scores,
    best: view.best,
    /** What chooses the best model. */
    bestBy: run.plan.best ?? ["dice"],
    /** Rounds whose models' weights are no longer there. */
    pruned: view.models.flatMap(({ round, prunedAt }) => (prunedAt === null ? [] : [round])),
    doubts: view.doubts,
  };
}

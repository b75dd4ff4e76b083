import { duration, size, table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import { decisiveCells, figureIn, isWithheld, mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { Doubt, ModelScores, Overview, SiteOverview } from "../rounds/index.js";
import { falseVolumeLines, figureText, metricLines, scanDiceLines, WITHHELD } from "./metrics-text.js";
import { labelLines, oddLine } from "./volumes-text.js";
import { problemRemedy } from "./problem.js";

/** Shown where a site cannot assess a class. */
const NOT_ASSESSABLE = "–";
/** Shown where no site can. */
const UNASSESSED = "unassessed";
/** Marks a score of cases that the site trains on in other rounds. */
const SEEN = "*";

/**
 * An overview for people, line by line.
 *
 * @param metrics every metric of the best model, or of the latest while there is no best
 */
export function renderOverview(view: Overview, metrics = false): Line[] {
  const { run, problem, waitingFor, scores, latest } = view;
  const best = scores.find(({ model }) => model === view.best);
  const judged = best ?? latest;
  return [
    `${run.id}: ${view.description}${ofRounds(view)}${timeLeft(view)}`,
    ...(problem === null ? [] : [`  ${problem.code}: ${problem.message}`, `  next: ${problemRemedy(problem)}`]),
    ...(waitingFor.length === 0 ? [] : [`  waiting for ${waitingFor.join(", ")}`]),
    "",
    ...siteLines(view),
    ...traffic(view),
    ...prunedLines(view),
    ...(latest === null ? [] : ["", ...scoreLines(latest, "Dice of the latest scored model", run.plan)]),
    ...(best === undefined || best === latest ? [] : ["", ...scoreLines(best, "Dice of the best model", run.plan)]),
    ...(best === undefined || run.plan.best === undefined ? [] : [`  the best by ${run.plan.best.join(", ")}`]),
    ...(judged === null ? [] : metrics ? metricLines(judged) : falseVolumeLines(judged)),
    ...view.doubts.map((doubt) => `  ${doubtLine(doubt)}`),
    ...shareLines(view),
    ...labelLines(view),
    ...spaced(judgement(view)),
  ];
}

/** Who takes part, with which images where cases may lack some. */
function siteLines({ run: { plan }, sites }: Overview): Line[] {
  const images = mayLack(plan) ? ["images"] : [];
  const rows = sites.map((site) => [
    site.site,
    site.connected ? "yes" : "no",
    ...images.map(() => site.inputs?.join(", ") ?? NOT_ASSESSABLE),
    now(site),
  ]);
  return [table(["site", "connected", ...images, "now"], rows)];
}

/** What to know about a run's scores, before its first step as well as after its last. */
export function judgement(view: Overview): string[] {
  const { run, unscored, lagging, shares } = view;
  const few = shares.filter(({ site }) => view.few.includes(site)).map(({ site, cases }) => `${site} (${cases})`);
  return [
    ...(unscored.length === 0
      ? []
      : [
          `nobody scores ${unscored.join(", ")}: the sites that annotate it keep no case back (training.holdout)${without(view, unscored)}`,
        ]),
    ...view.keptBack.map(
      ({ class: name, sites }) =>
        `${name} is withheld by ${sites.join(", ")}: fewer cases than a figure is given of there (serve --minimum-cases)${without(view, [name])}`,
    ),
    ...(few.length === 0
      ? []
      : [
          `few cases at ${few.join(", ")}: scored, marked ${SEEN}, on cases that are trained on in other rounds, which flatters the model`,
        ]),
    ...view.odd.map(oddLine),
    ...lagging.map((name) => {
      const own = shares.filter(({ classes }) => classes[name] !== undefined);
      const cases = own.reduce((sum, site) => sum + site.cases, 0);
      const share = own.reduce((sum, site) => sum + (site.share ?? 0), 0);
      return `${name} is not being learned while other classes are: ${cases} cases with ${percent(share)} of the average; look at aggregation.weighting (${run.plan.aggregation.weighting}) and training.correction (${run.plan.training.correction})`;
    }),
  ];
}

/** What it comes to that nothing is known of these classes. */
function without({ run: { plan } }: Overview, names: readonly string[]): string {
  const decisive = decisiveCells(plan.classes, plan.best).flatMap((cells) => cells.names);
  return names.some((name) => decisive.includes(name)) ? ", so no model is the best" : "";
}

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** Who has which part of the average, and of each class's cases. */
function shareLines({ run, shares, rounds }: Overview): Line[] {
  if (shares.length === 0) return [];
  const foreground = run.plan.classes.slice(1);
  const when = rounds.some(({ bytesUp }) => bytesUp > 0) ? "" : ", as it would be now";
  return [
    "",
    `share of the average and of each class's cases (weighting: ${run.plan.aggregation.weighting})${when}`,
    table(
      ["site", "cases", "average", ...foreground],
      shares.map(({ site, cases, share, classes }) => [
        site,
        String(cases),
        share === null ? NOT_ASSESSABLE : percent(share),
        ...foreground.map((name) => (classes[name] === undefined ? NOT_ASSESSABLE : percent(classes[name]))),
      ]),
      { indent: 2 },
    ),
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** What one line can say: for logs, a line whenever it changes. */
export function progressLine(view: Overview): string {
  const { latest } = view;
  const dice =
    latest === null
      ? ""
      : `  Dice ${Object.entries(latest.classes)
          .map(([name, value]) => `${name} ${score(value)}`)
          .join(" ")} (round ${latest.model})`;
  const waiting = view.waitingFor.length === 0 ? "" : `  waiting for ${view.waitingFor.join(", ")}`;
  const problem = view.problem === null ? "" : `  ${view.problem.code}: ${view.problem.message}`;
  return `${view.run.id}: ${view.description}${ofRounds(view)}${dice}${waiting}${problem}`;
}

function ofRounds({ run: { plan, state }, models }: Overview): string {
  if (plan.rounds === 0) return ", evaluation only";
  const done = models.at(-1)?.round ?? 0;
  const over = state.stage.kind === "completed" || state.stage.kind === "evaluating";
  return over && done < plan.rounds
    ? `, stopped early after ${done} of ${plan.rounds} rounds`
    : `, of ${plan.rounds} rounds`;
}

/** `, about 3 min left`, or nothing while there is no telling. */
export function timeLeft({ ended, msLeft }: Overview): string {
  return ended || msLeft === null ? "" : `, about ${duration(msLeft)} left`;
}

function now({ status, problem, progress }: SiteOverview): string {
  if (problem !== null) return `cannot take part: ${problem.message}`;
  if (progress === null)
    return {
      unknown: "has never connected",
      counted: "done",
      ineligible: "",
      absent: "not connected",
      idle: "idle",
      working: "at work",
      declined: "cannot take part in this round",
    }[status];
  const share = progress.total === 0 ? "" : ` ${Math.floor((100 * progress.done) / progress.total)} %`;
  const time = progress.secondsLeft === null ? "" : `, ${duration(progress.secondsLeft * 1000)} left`;
  return `${progress.phase}${share}${time}`;
}

function traffic({ rounds }: Overview): string[] {
  const last = rounds.findLast(({ closedAt }) => closedAt !== null);
  if (last === undefined || last.closedAt === null) return [];
  const took = duration(last.closedAt - last.startedAt);
  return ["", `round ${last.round} took ${took}, ${size(last.bytesUp)} up and ${size(last.bytesDown)} down`];
}

/** Which models are no longer there. */
function prunedLines({ models }: Overview): string[] {
  const gone = models.filter(({ prunedAt }) => prunedAt !== null).map(({ round }) => round);
  const left = models.filter(({ prunedAt }) => prunedAt === null).map(({ round }) => round);
  return gone.length === 0 ? [] : ["", `models pruned: rounds ${ranges(gone)}; kept: ${ranges(left)}`];
}

/** `0 to 3, 5`; `none` of none. */
function ranges(rounds: readonly number[]): string {
  const spans: { first: number; last: number }[] = [];
  for (const round of rounds) {
    const open = spans.at(-1);
    if (open?.last === round - 1) open.last = round;
    else spans.push({ first: round, last: round });
  }
  const texts = spans.map(({ first, last }) => (first === last ? String(first) : `${first} to ${last}`));
  return texts.length === 0 ? "none" : texts.join(", ");
}

function scoreLines(scores: ModelScores, title: string, { classes, spacing }: Plan): Line[] {
  const foreground = classes.slice(1);
  const header = ["class", ...scores.sites.map(({ site }) => site), "mean", "by cases [95 %]"];
  const rows = foreground.map((name) => {
    const all = scores.pooled.dice?.[name];
    return [
      name,
      ...scores.sites.map((one) => siteScore(one, name)),
      jointScore(scores, name),
      all === undefined ? "" : figureText(all, 3),
    ];
  });
  return [
    `${title} (after round ${scores.model}) at ${spacing.join(" × ")} mm, ${NOT_ASSESSABLE} where a site cannot assess a class; (cases)`,
    table(header, rows, { indent: 2 }),
    ...scanDiceLines(scores),
  ];
}

function jointScore({ classes, unassessed, withheld }: ModelScores, name: string): string {
  if (withheld.includes(name)) return WITHHELD;
  return unassessed.includes(name) ? UNASSESSED : score(classes[name] ?? null);
}

/** A site's Dice of a class, and over how many cases it is where the site says so. */
function siteScore(one: ModelScores["sites"][number], name: string): string {
  const figure = figureIn(one, "dice", name);
  if (figure === undefined) return isWithheld(one, "dice", name) ? WITHHELD : NOT_ASSESSABLE;
  const count = figure.deviation === undefined ? "" : ` (${figure.cases})`;
  return `${score(figure.mean)}${one.seen ? SEEN : ""}${count}`;
}

function doubtLine({ class: name, why, sites }: Doubt): string {
  const figures = Object.entries(sites).map(([site, value]) => `${score(value)} at ${site}`);
  return why === "alone"
    ? `${name} in the best model: ${figures.join("")} is one site's word alone`
    : `${name} in the best model: ${figures.join(", ")}: too far apart for one model; look at these sites' labels`;
}

function score(value: number | null): string {
  return value === null ? NOT_ASSESSABLE : value.toFixed(3);
}

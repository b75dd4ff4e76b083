import { capShares, siteWeights } from "@fedace/ace-core/aggregation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { metricOf } from "@fedace/ace-core/metrics";
import { REPORTED_METRICS } from "@fedace/ace-core/protocol";
import type { Plan, UpdateNumbers } from "@fedace/ace-core/protocol";
import type { EvaluationRow } from "./scores.js";

/** One number of one site in one round. */
interface Measurement {
  /** The round in which the site sent it, from 1; the final model is scored in the last round + 1. */
  readonly round: number;
  /** The round whose average is the model that the site had received: what was scored, and where training began. */
  readonly model: number;
  readonly site: string;
  readonly quantity: string;
  /** The class that it is about; null for what is about none. */
  readonly class: string | null;
  readonly value: number;
  /** Empty for pure numbers. */
  readonly unit: string;
}

/** An update that was counted. */
interface CountedNumbers {
  readonly round: number;
  readonly site: string;
  readonly numbers: UpdateNumbers;
}

/** What a run has come to, number by number, in the order of rounds and sites. */
export function history(
  plan: Plan,
  updates: readonly CountedNumbers[],
  evaluations: readonly EvaluationRow[],
): Measurement[] {
  const shares = sharesByRound(plan, updates);
  const trained = updates.map((update) => ({
    ...place(update),
    numbers: trainingNumbers(update, shares.get(key(update))),
  }));
  const scored = evaluations.map((row) => ({ ...place(row), numbers: scoreNumbers(plan, row) }));
  return [...trained, ...scored]
    .sort((a, b) => a.round - b.round || (a.site < b.site ? -1 : a.site > b.site ? 1 : 0))
    .flatMap(({ round, site, numbers }) => numbers.map((number) => ({ round, model: round - 1, site, ...number })));
}

type Figure = Omit<Measurement, "round" | "model" | "site">;

function place({ round, site }: { readonly round: number; readonly site: string }): { round: number; site: string } {
  return { round, site };
}

function key({ round, site }: { readonly round: number; readonly site: string }): string {
  return `${round} ${site}`;
}

function trainingNumbers({ numbers }: CountedNumbers, share: number | undefined): Figure[] {
  const { loss, lastLoss, cases, steps, seconds, voxels } = numbers;
  return [
    figure("loss", loss),
    figure("lastLoss", lastLoss),
    figure("cases", cases, "cases"),
    ...(share === undefined ? [] : [figure("share", share)]),
    figure("steps", steps, "steps"),
    figure("seconds", seconds, "s"),
    ...Object.entries(voxels).map(([name, count]) => figure("voxels", count, "voxels", name)),
  ];
}

/** Classes that the site cannot assess have no number. */
function scoreNumbers({ classes }: Plan, { cases, dice, metrics = {} }: EvaluationRow): Figure[] {
  if (cases === 0) return [];
  const foreground = classes.slice(1);
  const of = (quantity: string, table: Readonly<Record<string, number | null>>, unit = ""): Figure[] =>
    foreground.flatMap((name) => {
      const value = table[name] ?? null;
      return value === null ? [] : [figure(quantity, value, unit, name)];
    });
  return [
    figure("scoredCases", cases, "cases"),
    ...of("dice", dice),
    ...REPORTED_METRICS.flatMap((metric) => of(metric, metrics[metric] ?? {}, metricOf(metric).unit)),
  ];
}

function figure(quantity: string, value: number, unit = "", name: string | null = null): Figure {
  return { quantity, class: name, value, unit };
}

/** Each update's share of the average of its round, as it is averaged; see `siteWeights`. */
function sharesByRound({ classes, aggregation }: Plan, updates: readonly CountedNumbers[]): Map<string, number> {
  const shares = new Map<string, number>();
  const last = new Map<string, UpdateNumbers>();
  for (const round of [...new Set(updates.map((update) => update.round))].sort((a, b) => a - b)) {
    const members = updates.filter((update) => update.round === round);
    for (const { site } of members) last.delete(site);
    const numbers = members.map((member) => member.numbers);
    const weights = averageWeights(numbers, aggregation.weighting, classes[0], [...last.values()]);
    for (const [k, member] of members.entries()) {
      const weight = weights[k];
      if (weight !== undefined) shares.set(key(member), weight);
    }
    for (const member of members) last.set(member.site, member.numbers);
  }
  return shares;
}

/** None where there is nothing to weigh by: such a round is not averaged. */
function averageWeights(...weighed: Parameters<typeof siteWeights>): number[] {
  try {
    return capShares(siteWeights(...weighed));
  } catch (error) {
    if (isFedaceError(error, "TRAINING_NO_CASES")) return [];
    throw error;
  }
}

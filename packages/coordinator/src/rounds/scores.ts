import { isWithheld, missingClasses, pooledTable } from "@fedace/ace-core/protocol";
import type { Evaluation, PooledTable } from "@fedace/ace-core/protocol";
import { bestFigure, centre, meanOf } from "./best.js";
import { withoutFalseVolumes } from "./false-volumes.js";

/** A score of the model that was sent out in `round`, which is the average of the round before. */
export interface EvaluationRow extends Evaluation {
  readonly round: number;
  readonly site: string;
}

/** The score of one model: per class and site, null where the site cannot assess the class. */
export interface ModelScores {
  /** The round whose average the model is; 0 is the initial model. */
  readonly model: number;
  readonly sites: readonly {
    readonly site: string;
    readonly cases: number;
    readonly dice: Readonly<Record<string, number | null>>;
    /** The site has so few cases that it trains on these in other rounds: its scores flatter the model. */
    readonly seen: boolean;
    /** What it scores beside Dice; nothing of a site that does not say. */
    readonly metrics: NonNullable<Evaluation["metrics"]>;
    /** Over how many cases each figure is, and how these differ; nothing of a site that does not say. */
    readonly spread: NonNullable<Evaluation["spread"]>;
    /** By metric, the classes of which it keeps its figure to itself. */
    readonly withheld: NonNullable<Evaluation["withheld"]>;
  }[];
  /** The sites' figures as one, Dice among them, by their cases. */
  readonly pooled: PooledTable;
  /** Classes of which no site has a Dice: because none can assess them, or because all that can keep it to themselves. */
  readonly unassessed: readonly string[];
  readonly withheld: readonly string[];
  /**
   * Per class but the background, the median over the sites that can assess it, of two sites the mean: of three or more,
   * one alone cannot move it far. Null where none could.
   */
  readonly classes: Readonly<Record<string, number | null>>;
  /** Mean over the classes; null unless every class is assessed. */
  readonly mean: number | null;
}

/**
 * The table class × site of every model that was scored, in the order of rounds. What a site sends in round r scores
 * the model it received, which is the average of round r − 1.
 *
 * @param classes of the plan; the first is the background, which is not scored.
 * @param few the sites with so few cases that they score on what they train on in other rounds.
 */
export function scoreTable(
  classes: readonly string[],
  evaluations: readonly EvaluationRow[],
  few: ReadonlySet<string> = new Set(),
): ModelScores[] {
  const foreground = classes.slice(1);
  const rounds = [...new Set(evaluations.map(({ round }) => round))].sort((a, b) => a - b);
  return rounds.map((round) => {
    const sites = evaluations
      .filter((row) => row.round === round)
      .map(({ site, cases, dice, metrics = {}, spread = {}, withheld = {} }) => ({
        site,
        cases,
        seen: few.has(site),
        dice: Object.fromEntries(foreground.map((name) => [name, cases === 0 ? null : (dice[name] ?? null)])),
        metrics: cases === 0 ? {} : metrics,
        spread: cases === 0 ? {} : spread,
        withheld,
      }));
    const means = foreground.map((name) => centre(sites.map((row) => row.dice[name] ?? null)));
    return {
      model: round - 1,
      sites,
      pooled: pooledTable(foreground, sites),
      ...missingClasses(classes, sites),
      classes: Object.fromEntries(foreground.map((name, k) => [name, means[k] ?? null])),
      mean: means.includes(null) ? null : meanOf(means),
    };
  });
}

/** The scores to which no more are to come: a model is scored in the round after it, the final one before the run ends. */
export function settledScores(
  table: readonly ModelScores[],
  rounds: readonly { readonly round: number; readonly closedAt: number | null }[],
  ended: boolean,
): ModelScores[] {
  const closed = new Set(rounds.flatMap(({ round, closedAt }) => (closedAt === null ? [] : [round])));
  return table.filter(({ model }) => ended || closed.has(model + 1));
}

/** Largest difference of the Dice of one class at two sites that different archives explain. */
export const LARGEST_SPREAD = 0.3;

/** Why the score of a class is not to be relied on: scores are the sites' own word. */
export interface Doubt {
  readonly class: string;
  /** `alone`: one site scores it, and nobody can contradict; `spread`: sites are more than {@link LARGEST_SPREAD} apart. */
  readonly why: "alone" | "spread";
  /** The Dice of each site that scores the class. */
  readonly sites: Readonly<Record<string, number>>;
}

/** What speaks against taking the scores of a model at their word. */
export function doubts({ sites, classes }: ModelScores): Doubt[] {
  return Object.keys(classes).flatMap((name) => {
    const known = sites.flatMap(({ site, dice }) => {
      const value = dice[name] ?? null;
      return value === null ? [] : [[site, value] as const];
    });
    const values = known.map(([, value]) => value);
    const spread = Math.max(...values) - Math.min(...values);
    const why = known.length === 1 ? "alone" : spread > LARGEST_SPREAD ? "spread" : undefined;
    return why === undefined ? [] : [{ class: name, why, sites: Object.fromEntries(known) }];
  });
}

/** A Dice below this, in {@link LAGGING_ROUNDS} models one after the other, is that of a class that is not learned. */
const LAGGING_DICE = 0.1;
const LAGGING_ROUNDS = 3;

/** The classes that stay unlearned while others are learned: they are being lost in the average. */
export function lagging(table: readonly ModelScores[]): string[] {
  const last = table.filter(({ model }) => model > 0).slice(-LAGGING_ROUNDS);
  const low = (value: number | null | undefined): boolean => typeof value === "number" && value < LAGGING_DICE;
  const latest = Object.entries(last.at(-1)?.classes ?? {});
  if (last.length < LAGGING_ROUNDS || !latest.some(([, value]) => value !== null && !low(value))) return [];
  return latest.flatMap(([name]) => (last.every(({ classes }) => low(classes[name])) ? [name] : []));
}

/** The classes that no site has scored in any of these, nor said that it withholds; none where nothing was scored yet. */
export function unscored(table: readonly ModelScores[]): string[] {
  const [first] = table;
  return Object.keys(first?.classes ?? {}).filter((name) => table.every(({ unassessed }) => unassessed.includes(name)));
}

/** The classes of which no site has ever given a Dice, and the sites that said that they withhold it. */
export function keptBack(
  table: readonly ModelScores[],
): { readonly class: string; readonly sites: readonly string[] }[] {
  const never = Object.keys(table[0]?.classes ?? {}).filter((name) =>
    table.every(({ classes }) => classes[name] === null),
  );
  return never.flatMap((name) => {
    const sites = table.flatMap((scores) => scores.sites.filter((one) => isWithheld(one, "dice", name)));
    return sites.length === 0 ? [] : [{ class: name, sites: [...new Set(sites.map(({ site }) => site))].sort() }];
  });
}

/**
 * The model with the highest figure of those that the plan names, the later one of equals; see {@link bestFigure}. Models
 * of which it is not known do not compete, and the initial one neither: it has learned nothing, whatever is said of it.
 * Those that see classes where there are none are passed over; see {@link withoutFalseVolumes}.
 *
 * @param keys of the plan
 */
export function bestModel(table: readonly ModelScores[], keys?: readonly string[]): ModelScores | undefined {
  const known = table.flatMap((scores) => {
    const figure = bestFigure(scores, keys);
    return scores.model === 0 || figure === null ? [] : [{ scores, pooled: scores.pooled, figure }];
  });
  return withoutFalseVolumes(known).reduce<(typeof known)[number] | undefined>(
    (best, one) => (one.figure >= (best?.figure ?? -1) ? one : best),
    undefined,
  )?.scores;
}

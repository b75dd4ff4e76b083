import type { Evaluation } from "@fedace/ace-core/protocol";
import { pooled, withoutFalseVolumes } from "./pooled.js";
import type { MetricTable } from "./pooled.js";

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
    readonly metrics: MetricTable;
  }[];
  /** The sites' metrics as one, weighted by their cases. */
  readonly metrics: MetricTable;
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
      .map(({ site, cases, dice, metrics = {} }) => ({
        site,
        cases,
        seen: few.has(site),
        dice: Object.fromEntries(foreground.map((name) => [name, cases === 0 ? null : (dice[name] ?? null)])),
        metrics: cases === 0 ? {} : metrics,
      }));
    const means = foreground.map((name) => centre(sites.map((row) => row.dice[name] ?? null)));
    return {
      model: round - 1,
      sites,
      metrics: pooled(sites),
      classes: Object.fromEntries(foreground.map((name, k) => [name, means[k] ?? null])),
      mean: means.includes(null) ? null : mean(means),
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

/** The classes that no site has scored in any of these; none where nothing was scored yet. */
export function unscored(table: readonly ModelScores[]): string[] {
  const [first] = table;
  return Object.keys(first?.classes ?? {}).filter((name) => table.every(({ classes }) => classes[name] === null));
}

/**
 * The model with the highest mean, the later one of equals; models with an unassessed class do not compete, and the
 * initial one neither: it has learned nothing, whatever is said of it. Those that see classes where there are none are
 * passed over; see {@link withoutFalseVolumes}.
 */
export function bestModel(table: readonly ModelScores[]): ModelScores | undefined {
  const trained = withoutFalseVolumes(table.filter(({ model, mean }) => model > 0 && mean !== null));
  return trained.reduce<ModelScores | undefined>(
    (best, scores) => (scores.mean !== null && scores.mean >= (best?.mean ?? -1) ? scores : best),
    undefined,
  );
}

/** The median: of two the mean, of three or more what a minority cannot move beyond the others. */
function centre(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const half = Math.floor(known.length / 2);
  return mean(known.length % 2 === 1 ? [known[half] ?? null] : known.slice(Math.max(0, half - 1), half + 1));
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

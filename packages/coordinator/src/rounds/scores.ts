import type { Evaluation } from "@fedace/ace-core/protocol";

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
  }[];
  /** Per class but the background, the mean over the sites that can assess it; null where none could. */
  readonly classes: Readonly<Record<string, number | null>>;
  /** Mean over the classes; null unless every class is assessed. */
  readonly mean: number | null;
}

/**
 * The table class × site of every model that was scored, in the order of rounds. What a site sends in round r scores
 * the model it received, which is the average of round r − 1.
 *
 * @param classes of the plan; the first is the background, which is not scored.
 */
export function scoreTable(classes: readonly string[], evaluations: readonly EvaluationRow[]): ModelScores[] {
  const foreground = classes.slice(1);
  const rounds = [...new Set(evaluations.map(({ round }) => round))].sort((a, b) => a - b);
  return rounds.map((round) => {
    const sites = evaluations
      .filter((row) => row.round === round)
      .map(({ site, cases, dice }) => ({
        site,
        cases,
        dice: Object.fromEntries(foreground.map((name) => [name, cases === 0 ? null : (dice[name] ?? null)])),
      }));
    const means = foreground.map((name) => mean(sites.map((row) => row.dice[name] ?? null)));
    return {
      model: round - 1,
      sites,
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

/** The model with the highest mean, the later one of equals; models with an unassessed class do not compete. */
export function bestModel(table: readonly ModelScores[]): ModelScores | undefined {
  return table.reduce<ModelScores | undefined>(
    (best, scores) => (scores.mean !== null && scores.mean >= (best?.mean ?? -1) ? scores : best),
    undefined,
  );
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

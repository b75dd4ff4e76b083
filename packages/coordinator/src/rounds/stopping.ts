import type { Plan } from "@fedace/ace-core/protocol";
import type { ModelScores } from "./scores.js";

/**
 * The best model so far of a run that is to stop early, once `patience` models that were scored after it are no better:
 * then no further round is opened. Undefined while the run goes on. The initial model does not count, and neither does
 * one whose figure is not known.
 *
 * @param table in the order of rounds
 */
export function exhausted({ stop }: Plan, table: readonly ModelScores[]): number | undefined {
  if (stop === undefined) return undefined;
  const [, name] = stop.metric.split(":");
  const figures = table.flatMap(({ model, mean, classes }) => {
    const value = name === undefined ? mean : (classes[name] ?? null);
    return value === null || model === 0 ? [] : [{ model, value }];
  });
  const [first, ...others] = figures;
  if (first === undefined) return undefined;
  const best = others.reduce((one, other) => (other.value > one.value ? other : one), first);
  return figures.filter(({ model }) => model > best.model).length >= stop.patience ? best.model : undefined;
}

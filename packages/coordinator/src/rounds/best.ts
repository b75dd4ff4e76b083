import { decisiveCells } from "@fedace/ace-core/protocol";
import type { Evaluation } from "@fedace/ace-core/protocol";

/** What of a model's scores decides. */
interface Scored {
  readonly classes: Readonly<Record<string, number | null>>;
  readonly sites: readonly { readonly metrics: NonNullable<Evaluation["metrics"]> }[];
}

/**
 * The figure by which a model is the best or not: the mean over the plan's keys, of which each is the mean over its classes
 * of the {@link centre} of the sites' figures; null where one of them is not known. Without keys, the mean Dice.
 */
export function bestFigure({ classes, sites }: Scored, keys?: readonly string[]): number | null {
  const parts = decisiveCells(["", ...Object.keys(classes)], keys).map(({ metric, names }) =>
    wholeMean(
      names.map((name) =>
        metric === "dice"
          ? (classes[name] ?? null)
          : centre(sites.map(({ metrics }) => metrics[metric]?.[name] ?? null)),
      ),
    ),
  );
  return wholeMean(parts);
}

/** The median: of two the mean, of three or more what a minority cannot move beyond the others. */
export function centre(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const half = Math.floor(known.length / 2);
  return meanOf(known.length % 2 === 1 ? [known[half] ?? null] : known.slice(Math.max(0, half - 1), half + 1));
}

export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function wholeMean(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : meanOf(values);
}

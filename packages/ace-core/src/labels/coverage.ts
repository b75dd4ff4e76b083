import { coreError } from "../foundation/index.js";
import { contains, fullSet } from "./sets.js";
import type { LabelMap, LabelSpace } from "./types.js";

/** A class that the sites of a run cannot teach. */
export interface UncoveredClass {
  readonly class: string;
  /** Not the background, and no value of any site means it without possibly meaning background. */
  readonly unlabelled: boolean;
  /** Classes that no value of any site tells from this one. */
  readonly confused: readonly string[];
}

/**
 * The classes that a run over these sites would leave uncovered. A class is covered if for every other class some
 * meaning at some site includes exactly one of the two, and, unless it is the background, some meaning that does not
 * include the background includes it. `ignore` says nothing.
 *
 * The marginal loss is the same for two models that differ only in how they share a probability among classes that
 * are always together; nothing but chance would decide between them.
 */
export function coverage(space: LabelSpace, maps: readonly LabelMap[]): UncoveredClass[] {
  const sets = maps.flatMap((map) => map.sets).filter((set) => set !== fullSet(space));
  return space.classes
    .map((name, k) => ({
      class: name,
      unlabelled: k > 0 && !sets.some((set) => contains(set, k) && !contains(set, 0)),
      confused: space.classes.filter((_, d) => d !== k && sets.every((set) => contains(set, k) === contains(set, d))),
    }))
    .filter(({ unlabelled, confused }) => unlabelled || confused.length > 0);
}

/**
 * Refuses a run that leaves a class uncovered.
 *
 * @throws RUN_CLASS_UNCOVERED naming every such class, and each pair never told apart.
 */
export function requireCoverage(space: LabelSpace, maps: readonly LabelMap[]): void {
  const uncovered = coverage(space, maps);
  if (uncovered.length === 0) return;
  const missing = uncovered.filter(({ unlabelled }) => unlabelled).map((entry) => entry.class);
  const order = (name: string): number => space.classes.indexOf(name);
  const pairs = uncovered.flatMap((entry) =>
    entry.confused
      .filter((other) => order(entry.class) < order(other))
      .filter((other) => !missing.includes(other) && !missing.includes(entry.class))
      .map((other) => `${entry.class} and ${other}`),
  );
  const reasons = [
    ...(missing.length > 0 ? [`no site's labels show ${missing.join(", ")}`] : []),
    ...(pairs.length > 0 ? [`no site's labels tell apart ${pairs.join("; ")}`] : []),
  ];
  throw coreError("RUN_CLASS_UNCOVERED", `${reasons.join(", and ")} (${maps.length} sites)`, {
    fields: { classes: uncovered.map((entry) => entry.class) },
  });
}

import { coverage, labelSpace } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { classesOf, contains, fullSet } from "@fedace/ace-core/labels";
import type { Plan } from "@fedace/ace-core/protocol";

/**
 * What keeps the updates of these sites from making a round: too few of them, too few for a class, or a class that
 * only the absent ones can teach. Undefined when the quorum is met.
 *
 * @param counted label maps of the sites that count
 * @param possible label maps of all sites that could
 */
export function quorumGap(plan: Plan, counted: readonly LabelMap[], possible: readonly LabelMap[]): string | undefined {
  const { sites, perClass } = plan.quorum;
  if (counted.length < sites) return `${counted.length} of at least ${sites} sites`;
  // A run without rounds trains no class, so that none needs a teacher.
  if (perClass === 0 || plan.rounds === 0) return undefined;
  const few = plan.classes.flatMap((name, k) => {
    const count = teachers(counted, possible, k);
    return count < perClass ? [`${name} (${count} of ${perClass})`] : [];
  });
  if (few.length > 0) return `too few sites that annotate ${few.join(", ")}`;
  const uncovered = coverage(labelSpace(plan.classes), counted).map((entry) => entry.class);
  return uncovered.length > 0 ? `no site that teaches ${uncovered.join(", ")}` : undefined;
}

/**
 * How many sites teach class `k`: those that annotate it. Where none could, as with a class that every site has merged
 * with another one, those that show it in some meaning without the background.
 */
function teachers(counted: readonly LabelMap[], possible: readonly LabelMap[], k: number): number {
  const annotates = (map: LabelMap): boolean => map.annotated.includes(k);
  const shows = (map: LabelMap): boolean =>
    map.sets.some((set) => set !== fullSet(map.space) && contains(set, k) && (k === 0 || !classesOf(set).includes(0)));
  return counted.filter(possible.some(annotates) ? annotates : shows).length;
}

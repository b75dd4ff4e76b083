import { absentClasses, lesionClasses } from "@fedace/ace-core/labels";
import { METRIC_NAMES, METRICS } from "@fedace/ace-core/metrics";
import { figureIn, LIMITS, REPORTED_METRICS } from "@fedace/ace-core/protocol";
import type { Evaluation, UpdateNumbers } from "@fedace/ace-core/protocol";
import type { Place } from "./place.js";

/**
 * What is impossible about the declared numbers of an update; undefined where they can be true. They weigh the average
 * and choose the best model, so they are held against what the site has said of itself.
 */
export function numbersProblem(numbers: UpdateNumbers, place: Place): string | undefined {
  const { plan, participant } = place;
  const { cases, voxels, steps, evaluation } = numbers;
  if (cases < 1 || cases > participant.standing.cases) return `${cases} cases`;
  if (steps < 1 || steps > plan.training.steps) return `${steps} steps`;
  const annotated = annotatedClasses(place);
  for (const [name, count] of Object.entries(voxels)) {
    if (!plan.classes.includes(name)) return "voxels of a class that the plan does not have";
    if (!annotated.has(name)) return `voxels of ${name}, which the site does not annotate`;
    if (count > cases * LIMITS.caseVoxels) return `${count} voxels of ${name} in ${cases} cases`;
  }
  // By these the average is weighed: a site that leaves its classes out would count for nothing, and alone end the round.
  if (plan.aggregation.weighting === "classes" || plan.aggregation.weighting === "voxels") {
    const silent = plan.classes.slice(1).filter((name) => annotated.has(name) && !Object.hasOwn(voxels, name));
    if (silent.length > 0) return `no voxels of ${silent.join(", ")}, which the site annotates`;
  }
  const odd = imagesProblem(numbers, plan.inputs);
  if (odd !== undefined) return odd;
  return evaluation === null ? undefined : evaluationProblem(evaluation, place);
}

/** What images look like is said of images of the plan, each once, and of no more cases than were trained on. */
function imagesProblem({ cases, images }: UpdateNumbers, inputs: readonly string[]): string | undefined {
  if (images === undefined) return undefined;
  const { distinct, pairs } = images;
  if (Object.keys(distinct).some((input) => !inputs.includes(input))) return "images that the plan does not have";
  const places = pairs.map((pair) => pair.inputs.map((input) => inputs.indexOf(input)));
  if (places.some(([a = -1, b = -1]) => a < 0 || b <= a)) return "a pair of images that the plan does not have";
  if (new Set(places.map(String)).size < places.length) return "a pair of images twice";
  const most = Math.max(0, ...Object.values(distinct).map((one) => one.cases), ...pairs.map((one) => one.cases));
  return most > cases ? `images of ${most} cases, of ${cases} trained on` : undefined;
}

/**
 * A site scores classes of the plan, and among them those that its labels annotate; false volumes of those that they say
 * are not there. That numbers are finite and within the bounds of their metric, the message's schema has seen to.
 */
export function evaluationProblem(evaluation: Evaluation, place: Place): string | undefined {
  const { cases, dice, metrics = {} } = evaluation;
  const { plan, participant } = place;
  if (cases > participant.standing.cases) return `${cases} cases scored`;
  const annotated = annotatedClasses(place);
  for (const [name, value] of Object.entries(dice)) {
    if (!plan.classes.includes(name)) return "a score of a class that the plan does not have";
    if (value !== null && !annotated.has(name)) return `a score of ${name}, which the site does not annotate`;
  }
  const { map } = participant.standing;
  const named = (numbers: readonly number[]): ReadonlySet<string | undefined> =>
    new Set(numbers.map((k) => plan.classes[k]));
  const assessable = { annotated, "annotated lesion": named(lesionClasses(map)), absent: named(absentClasses(map)) };
  for (const metric of REPORTED_METRICS) {
    const { over } = METRICS[metric];
    for (const name of Object.keys(metrics[metric] ?? {})) {
      if (!plan.classes.includes(name)) return `${metric} of a class that the plan does not have`;
      if (!assessable[over].has(name)) return `${metric} of ${name}, which by the site's labels is not ${over}`;
    }
  }
  return besideFigures(evaluation, assessable);
}

/** What is said of figures must be said of such that are there, and kept back can only be what could be there. */
function besideFigures(
  evaluation: Evaluation,
  assessable: Readonly<Record<string, ReadonlySet<string | undefined>>>,
): string | undefined {
  const { spread = {}, withheld = {} } = evaluation;
  for (const metric of METRIC_NAMES) {
    for (const [name, { cases }] of Object.entries(spread[metric] ?? {})) {
      if (cases > evaluation.cases) return `${metric} of ${name} over ${cases} of ${evaluation.cases} cases`;
      if (figureIn(evaluation, metric, name) === undefined) return `the spread of ${metric} of ${name}, without it`;
    }
    for (const name of withheld[metric] ?? []) {
      if (assessable[METRICS[metric].over]?.has(name) !== true)
        return `${metric} of ${name} withheld, which it cannot have`;
      if (figureIn(evaluation, metric, name) !== undefined) return `${metric} of ${name} both said and withheld`;
    }
  }
  return undefined;
}

function annotatedClasses({ plan, participant }: Place): ReadonlySet<string | undefined> {
  return new Set(participant.standing.map.annotated.map((k) => plan.classes[k]));
}

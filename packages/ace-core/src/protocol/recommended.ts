/** A part of a plan as it is written. */
type Written = Readonly<Record<string, unknown>>;

/**
 * What a plan that is written now does where it does not say; README.md has the measurements. A key that is missing in a
 * stored plan or on the wire means what it always meant (PROTOCOL.md): a run that began goes on as it began.
 */
export const RECOMMENDED = {
  rounds: 10,
  training: { steps: 50, schedule: "cooldown", correction: "control-variates", absentPrior: 2 },
  aggregation: { weighting: "classes", average: { kind: "ema", decay: 0.6 } },
} as const;

/** A plan as it is meant, and the keys that were not written. */
interface Recommended {
  readonly plan: unknown;
  /** As `training.steps: 50`. */
  readonly taken: readonly string[];
}

/**
 * Fills in what a person's plan leaves open. Drift correction stays off where the plan asks for what it is not derived
 * for; a plan that trains nothing stays as it is.
 *
 * @param value a plan as decoded from its file; anything else comes back as it is, for `parsePlan` to refuse
 */
export function recommend(value: unknown): Recommended {
  if (!isObject(value) || value["rounds"] === 0) return { plan: value, taken: [] };
  const taken: string[] = [];
  const filled = (own: unknown, standard: Written, prefix = ""): unknown => {
    if (own !== undefined && !isObject(own)) return own;
    const missing = Object.entries(standard).filter(([key]) => own?.[key] === undefined);
    taken.push(...missing.map(([key, standing]) => `${prefix}${key}: ${inYaml(standing)}`));
    return { ...own, ...Object.fromEntries(missing) };
  };
  const { training, aggregation } = value;
  const { correction, ...others } = RECOMMENDED.training;
  const standard = isDerived(training, aggregation) ? { ...others, correction } : others;
  const plan = {
    ...(filled(value, { rounds: RECOMMENDED.rounds }) as Written),
    training: filled(training, standard, "training."),
    aggregation: filled(aggregation, RECOMMENDED.aggregation, "aggregation."),
  };
  return { plan, taken };
}

/** Whether drift correction is derived for what these ask for; see `parsePlan`. */
function isDerived(training: unknown, aggregation: unknown): boolean {
  const [optimizer, strategy, head] = [
    isObject(training) ? training["optimizer"] : undefined,
    isObject(aggregation) ? aggregation["strategy"] : undefined,
    isObject(aggregation) ? aggregation["head"] : undefined,
  ];
  return (optimizer ?? "sgd") === "sgd" && (strategy ?? "fedavg") === "fedavg" && (head ?? "average") === "average";
}

function inYaml(value: unknown): string {
  if (!isObject(value)) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${inYaml(inner)}`)
    .join(", ")} }`;
}

function isObject(value: unknown): value is Written {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

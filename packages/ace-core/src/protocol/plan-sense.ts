import { coreError } from "../foundation/codes.js";
import { DECISIVE_METRICS, decisiveCells } from "./decisive.js";

/** What of a plan is looked at. */
interface Parts {
  readonly classes: readonly string[];
  readonly inputs: readonly string[];
  readonly training: { readonly dropInputs: number; readonly correction: string; readonly optimizer: string };
  readonly aggregation: { readonly strategy: string; readonly head: string };
  readonly smallest?: Readonly<Record<string, number>> | undefined;
  readonly stop?: { readonly metric: string } | undefined;
  readonly best?: readonly string[] | undefined;
}

/**
 * What the keys of a plan must have to do with each other.
 *
 * @throws PLAN_INVALID
 */
export function requireSense(plan: Parts): void {
  if (plan.training.dropInputs > 0 && plan.inputs.length < 2)
    throw coreError(
      "PLAN_INVALID",
      "The plan cannot be used. training.dropInputs: with one input there is none that a case could go without.",
    );
  if (plan.training.correction !== "off") {
    const { optimizer } = plan.training;
    if (optimizer !== "sgd") throw notDerived(`training.optimizer: ${optimizer}`, "training.optimizer: sgd");
    if (plan.aggregation.strategy !== "fedavg")
      throw notDerived(`aggregation.strategy: ${plan.aggregation.strategy}`, "aggregation.strategy: fedavg");
    if (plan.aggregation.head !== "average")
      throw notDerived(`aggregation.head: ${plan.aggregation.head}`, "aggregation.head: average");
  }
  const unknown = Object.keys(plan.smallest ?? {}).filter((name) => !plan.classes.slice(1).includes(name));
  if (unknown.length > 0)
    throw coreError(
      "PLAN_INVALID",
      `The plan cannot be used. smallest: ${unknown.join(", ")} is none of its classes that are scored, ${plan.classes.slice(1).join(", ")}.`,
    );
  const nothing = decisiveCells(plan.classes, plan.best).filter(({ names }) => names.length === 0);
  if (nothing.length > 0) {
    const choice = DECISIVE_METRICS.flatMap((metric) => {
      const [{ names } = { names: [] }] = decisiveCells(plan.classes, [metric]);
      return names.length === 0 ? [] : [metric, ...names.map((name) => `${metric}:${name}`)];
    });
    throw coreError(
      "PLAN_INVALID",
      `The plan cannot be used. best: ${nothing.map(({ key }) => key).join(", ")} matches nothing that sites score in every round; it can be ${choice.join(", ")}.`,
    );
  }
  const scored = plan.stop?.metric.split(":")[1];
  if (scored !== undefined && !plan.classes.slice(1).includes(scored))
    throw coreError(
      "PLAN_INVALID",
      `The plan cannot be used. stop.metric: ${scored} is none of its classes that are scored, ${plan.classes.slice(1).join(", ")}.`,
    );
}

/**
 * Control variates follow from how far a constant gradient moves the weights, which is derived for SGD (`displacement`), and
 * they cancel over the sites because the next model is the weighted average of what these sent, row for row.
 */
function notDerived(beside: string, instead: string): Error {
  return coreError(
    "PLAN_INVALID",
    `The plan cannot be used. training.correction: control-variates is not derived for ${beside}.`,
    { remedy: `Write ${instead}, or training.correction: off.` },
  );
}

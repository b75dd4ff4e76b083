import { briefPlan } from "./brief.js";
import type { Plan } from "./plan.js";

/**
 * What a site of this version says in its manifest that it understands beyond the first one, 0.1.0: the other side speaks
 * of nothing that was not named. Metrics beside Dice; and all keys of a plan that this version has. Whoever gives plans
 * something new that sites have to know of adds a word.
 */
export const UNDERSTOOD = ["metrics", "plan-2"] as const;
const PLAN_WORD = "plan-2" satisfies (typeof UNDERSTOOD)[number];

/** What a site has to do that the first version did not know, and whether a plan asks for it. */
const DONE_AT_SITES: Readonly<Record<string, (plan: Plan) => boolean>> = {
  "training.dropInputs": ({ training }) => training.dropInputs > 0,
  "training.correction": ({ training }) => training.correction !== "off",
  "training.absentPrior": ({ training }) => training.absentPrior > 0,
  "aggregation.average": ({ aggregation }) => aggregation.average.kind !== "none",
  smallest: ({ smallest }) => smallest !== undefined,
  "rounds: 0": ({ rounds }) => rounds === 0,
};

/** The first version's words of what sites do, or the word that says what it did: one that came later it would not understand. */
export const FIRST_SITE_WORDS: Readonly<Record<string, readonly string[]>> = {
  loss: ["ace-dice", "ace", "ce", "dice"],
  "model.preset": ["tiny", "small", "paper"],
  "model.architecture": ["unet"],
  "model.norm": ["group", "instance"],
  "training.optimizer": ["sgd", "adam"],
  "training.schedule": ["constant", "cosine"],
  "training.sampling": ["by-class", "uniform"],
  "training.intensity": ["mild"],
  "training.precision": ["float32", "mixed"],
};

/** Later keys that are the coordinator's affair alone: an older site would refuse the plan for them. */
const COORDINATORS_KEYS = ["aggregation.momentum", "aggregation.serverRate", "stop", "init"];

/** The same of the coordinator's affairs: the first stands for later ones. */
export const FIRST_COORDINATOR_WORDS: Readonly<Record<string, readonly string[]>> = {
  "aggregation.strategy": ["fedavg"],
  "aggregation.weighting": ["cases", "voxels", "equal"],
  "aggregation.head": ["average", "annotating"],
};

/**
 * The keys by which a plan asks for more than a site knows; empty where the site can take part.
 *
 * @param understands what its manifest says; nothing for a site of version 0.1.0
 */
export function beyond(plan: Plan, understands: readonly string[] = []): string[] {
  if (understands.includes(PLAN_WORD)) return [];
  const keys = Object.entries(DONE_AT_SITES).flatMap(([key, asked]) => (asked(plan) ? [key] : []));
  const words = Object.entries(FIRST_SITE_WORDS).flatMap(([key, known]) => {
    const word = key.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], plan);
    return typeof word !== "string" || known.includes(word) ? [] : [`${key}: ${word}`];
  });
  return [...keys, ...words];
}

/** A plan as a site can read it that has nothing {@link beyond} it; `parsePlan` makes of it what the site is to do. */
export function readableBy(plan: Plan, understands: readonly string[] = []): unknown {
  // Nothing that sites do depends on what chooses the best model: those of every version go without.
  const brief = { ...briefPlan(plan) };
  delete brief.best;
  if (understands.includes(PLAN_WORD)) return brief;
  const copy = structuredClone(brief) as unknown as Record<string, unknown>;
  for (const key of COORDINATORS_KEYS) at(copy, key, (holder, name) => Reflect.deleteProperty(holder, name));
  // Its decay says nothing where there is none.
  at(copy, "aggregation.average", (holder, name) => Reflect.deleteProperty(holder, name));
  for (const [key, words] of Object.entries(FIRST_COORDINATOR_WORDS)) {
    at(copy, key, (holder, name) => {
      if (!words.includes(String(holder[name]))) holder[name] = words[0];
    });
  }
  return copy;
}

/** Finds `a.b` in a plan, and does something with `b` there. */
function at(
  plan: Record<string, unknown>,
  key: string,
  change: (holder: Record<string, unknown>, name: string) => void,
): void {
  const [first = "", second] = key.split(".");
  if (second === undefined) change(plan, first);
  else change(plan[first] as Record<string, unknown>, second);
}

import {
  BIDS_SUFFIXES,
  casesFor,
  casesWith,
  combinationsOf,
  inputsAt,
  LIMITS,
  mayLack,
} from "@fedace/ace-core/protocol";
import type { AnnouncedCases, Manifest, Plan } from "@fedace/ace-core/protocol";
import type { Delivery } from "./state.js";

type Combination = NonNullable<Manifest["combinations"]>[number];

/** What a look through the archive found, as far as cases are concerned. */
interface Found {
  readonly inputs: readonly string[];
  readonly cases: number;
  /** The commonest first. */
  readonly combinations: readonly { readonly inputs: readonly string[]; readonly cases: number }[];
}

/**
 * What a site says of its cases: how many have the archive's usual images, and where not all have the same, how many
 * have which. Of suffixes only those that a standard knows: another may be a name.
 *
 * @param asked the inputs are somebody's choice and stay, although no case may have them; else those of most cases are taken
 */
export function announce({ inputs, cases, combinations }: Found, asked: boolean): AnnouncedCases {
  const known = merged(combinations.map((one) => ({ ...one, inputs: one.inputs.filter(isKnown) })));
  const [first] = known;
  if (!asked && cases === 0 && first !== undefined) {
    const all = { inputs: first.inputs, cases: 0, combinations: known };
    return alike({ ...all, cases: casesWith(all, first.inputs) });
  }
  return alike({ inputs: inputs.filter(isKnown), cases, ...(first === undefined ? {} : { combinations: known }) });
}

/**
 * A manifest that owns to at least so many cases for a plan: cases may come to an archive while it is served, and
 * a coordinator refuses an update from more cases than it was told of.
 */
export function withCases<T extends AnnouncedCases>(
  manifest: T,
  plan: Pick<Plan, "inputs" | "training">,
  cases: number,
): T {
  if (!plan.inputs.every(isKnown)) return manifest;
  const has = inputsAt(manifest, plan);
  // Of images that may be missing, those that others of its cases have.
  const inputs = mayLack(plan) && has.length > 0 ? has : plan.inputs;
  const before = combinationsOf(manifest).filter((one) => one.cases > 0);
  const total = before.reduce((sum, one) => sum + one.cases, 0);
  const more = Math.min(cases - casesFor(manifest, plan), LIMITS.cases - total);
  if (more <= 0) return manifest;
  const kept = before.slice(0, LIMITS.combinations - 1);
  return telling(manifest, merged([...kept, { inputs: [...inputs], cases: more }]));
}

/**
 * A manifest that owns to as many cases for a plan as there were when the archive was last read: more as in
 * {@link withCases}; where some have gone, of those that the plan can use the commonest give way.
 *
 * @param found at least one: an archive that is only out of reach would never be asked for again
 */
export function withFound<T extends AnnouncedCases>(
  manifest: T,
  plan: Pick<Plan, "inputs" | "training">,
  found: number,
): T {
  let gone = casesFor(manifest, plan) - Math.max(1, found);
  if (gone <= 0 || !plan.inputs.every(isKnown)) return withCases(manifest, plan, found);
  const left: Combination[] = [];
  for (const one of [...combinationsOf(manifest)].sort((a, b) => b.cases - a.cases)) {
    const taken = casesFor({ ...one, combinations: [one] }, plan) > 0 ? Math.min(gone, one.cases) : 0;
    gone -= taken;
    if (one.cases > taken) left.push({ ...one, cases: one.cases - taken });
  }
  return telling(manifest, left);
}

/** The manifest with these cases in place of its own. */
function telling<T extends AnnouncedCases>(manifest: T, combinations: Combination[]): T {
  const { inputs } = manifest;
  const said = alike({ inputs, cases: casesWith({ inputs, cases: 0, combinations }, inputs), combinations });
  const now = { ...manifest, ...said };
  if (said.combinations === undefined) delete now.combinations;
  return now;
}

/** Cases that went into what is delivered: trained on, and held back to score the received model. */
export function casesIn(delivery: Exclude<Delivery, { kind: "decline" }>): number {
  if (delivery.kind === "evaluation") return delivery.evaluation.cases;
  const { cases, evaluation } = delivery.update.numbers;
  return cases + (evaluation?.cases ?? 0);
}

const isKnown = (suffix: string): boolean => BIDS_SUFFIXES.includes(suffix);
const keyOf = (inputs: readonly string[]): string => [...inputs].sort().join(" ");

/** One entry for each set of images, none for none. */
function merged(combinations: readonly Combination[]): Combination[] {
  const counts = new Map<string, Combination>();
  for (const { inputs, cases } of combinations) {
    if (inputs.length === 0) continue;
    const key = keyOf(inputs);
    counts.set(key, { inputs: counts.get(key)?.inputs ?? inputs, cases: (counts.get(key)?.cases ?? 0) + cases });
  }
  return [...counts.values()];
}

/** Without the combinations where they say nothing that inputs and cases do not. */
function alike({ inputs, cases, combinations }: AnnouncedCases): AnnouncedCases {
  const [only, ...others] = combinations ?? [];
  const same = only === undefined || (keyOf(only.inputs) === keyOf(inputs) && only.cases === cases);
  if (others.length === 0 && same) return { inputs, cases };
  return { inputs, cases, ...(combinations === undefined ? {} : { combinations }) };
}

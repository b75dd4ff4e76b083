import { mayLack } from "./channels.js";
import type { Manifest } from "./messages.js";
import type { Plan } from "./plan.js";

/** What a manifest says of cases. */
export type AnnouncedCases = Pick<Manifest, "inputs" | "cases" | "combinations">;

/** Cases by the images they have. Where a site does not tell them apart, all have the same. */
export function combinationsOf({ inputs, cases, combinations }: AnnouncedCases): NonNullable<Manifest["combinations"]> {
  return combinations ?? [{ inputs, cases }];
}

/** How many of a site's cases have all of these images, and so can be used by a plan with these inputs. */
export function casesWith(announced: AnnouncedCases, inputs: readonly string[]): number {
  const usable = combinationsOf(announced).filter((one) => inputs.every((input) => one.inputs.includes(input)));
  return usable.reduce((sum, { cases }) => sum + cases, 0);
}

/** How many of a site's cases a plan can use: those with all of its images, or with any where some may be missing. */
export function casesFor(announced: AnnouncedCases, plan: Pick<Plan, "inputs" | "training">): number {
  if (!mayLack(plan)) return casesWith(announced, plan.inputs);
  const usable = combinationsOf(announced).filter((one) => one.inputs.some((input) => plan.inputs.includes(input)));
  return usable.reduce((sum, { cases }) => sum + cases, 0);
}

/** The images of a plan that some of a site's cases have, in the plan's order. */
export function inputsAt(announced: AnnouncedCases, { inputs }: Pick<Plan, "inputs">): string[] {
  const there = combinationsOf(announced).filter(({ cases }) => cases > 0);
  return inputs.filter((input) => there.some((one) => one.inputs.includes(input)));
}

import type { Manifest } from "./messages.js";

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

import { lesionNames } from "@fedace/ace-core/labels";
import { METHODS } from "../methods.js";
import type { MethodId } from "../methods.js";
import { mean } from "../summary.js";
import type { Figure } from "../summary.js";

/** A claim of the paper, or ours about federating it, and what was found. */
export interface Claim {
  readonly text: string;
  readonly found: string;
  readonly holds: boolean;
}

/** Below this share of ACE's Dice on tissue a method has collapsed there: the paper's have .12 and less. */
const COLLAPSED = 0.5;
/** What federating may cost, Dice. */
const NEAR = 0.01;

/** Whether a scenario's figures are in the paper's order. */
export function claims(figures: readonly Figure[], classes: readonly string[]): Claim[] {
  const lesions = lesionNames(classes);
  const tissue = classes.slice(1).filter((name) => !lesions.includes(name));
  const dice = (method: MethodId, names: readonly string[]): number | undefined => {
    const those = figures.filter((one) => one.method === method && one.metric === "dice" && names.includes(one.class));
    return those.length === 0 ? undefined : mean(those.map((one) => one.mean));
  };
  const claim = (
    text: string,
    [first, second]: readonly [MethodId, MethodId],
    names: readonly string[],
    holds: (one: number, other: number) => boolean,
  ): Claim[] => {
    const [one, other] = [dice(first, names), dice(second, names)];
    if (one === undefined || other === undefined) return [];
    const found = `${METHODS[first].short} ${one.toFixed(3)}, ${METHODS[second].short} ${other.toFixed(3)}`;
    return [{ text, found, holds: holds(one, other) }];
  };
  return [
    ...claim("Naive cross entropy collapses on tissue", ["naive-ce", "ace"], tissue, (a, b) => a < COLLAPSED * b),
    ...claim("ACE at least equals Multi-UNet on tissue", ["ace", "multi-unet"], tissue, (a, b) => a >= b),
    ...claim(
      `Federated ACE is within ${NEAR} of pooled ACE, mean over all classes`,
      ["federated-ace", "ace"],
      classes.slice(1),
      (a, b) => a >= b - NEAR,
    ),
    ...claim(
      `The same of ACE + marginal Dice`,
      ["federated-ace-dice", "ace-dice"],
      classes.slice(1),
      (a, b) => a >= b - NEAR,
    ),
  ];
}

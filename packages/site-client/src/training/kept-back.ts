import type { LabelMap } from "@fedace/ace-core/labels";
import { FEW_CASES } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { splitHoldout } from "@fedace/ace-core/training";
import type { TrainingCase } from "@fedace/ace-core/training";
import { siteError } from "../errors.js";
import { caseDigest } from "../runs/index.js";
import type { Witness } from "../runs/index.js";

/** What this site knows of the run that made a model. */
export interface Part {
  /** Whether it took part, as far as can be told. */
  readonly took: boolean;
  /** The rounds in which an update left. */
  readonly rounds: readonly number[];
  /** Which cases it trained on there, and in the run that this one went on from. */
  readonly witness: Witness | undefined;
  readonly before: Witness | undefined;
}

/** Cases to score two models on, and how it is known that neither has trained on them. */
export interface KeptBack {
  readonly training: readonly TrainingCase[];
  readonly heldBack: readonly TrainingCase[];
  /** Cases that would be kept back, but were trained on in the run: they are in neither. */
  readonly leftOut: number;
  /** `absent`: the site took no part in the run; `known`: by what it wrote down; `unknown`: it took part, and has not. */
  readonly standing: "absent" | "known" | "unknown";
}

/**
 * The cases kept back in every round of a run, as the site that serves keeps them back. Of a run in which it took part it
 * is those that it wrote down then, for the archive may have changed since; where it wrote nothing down, those that it
 * would keep back now, and nobody knows.
 *
 * @throws COMPARE_NO_CASES
 */
export function keptBackFor(cases: readonly TrainingCase[], map: LabelMap, plan: Plan, part: Part): KeptBack {
  const { witness, before } = part;
  const trained = new Set([...(witness?.trained ?? []), ...(before?.trained ?? [])]);
  const isNew = (item: TrainingCase): boolean => !trained.has(caseDigest(item));
  const noted = cases.filter((item) => witness?.keptBack.includes(caseDigest(item)) === true && isNew(item));
  const others = cases.filter((item) => !noted.includes(item));
  if (noted.length > 0 && others.length > 0) {
    // A round that was not written down may have trained on any case.
    const whole = part.rounds.every((round) => witness?.rounds.includes(round));
    return { training: others, heldBack: noted, leftOut: 0, standing: whole ? "known" : "unknown" };
  }
  const { holdout } = plan.training;
  if (holdout === 0) throw noCases("the plan keeps none back (training.holdout: 0)");
  if (cases.length < FEW_CASES)
    throw noCases(`of ${cases.length}, another one is kept back each round, and all are trained on in the end`);
  const { training, heldBack } = splitHoldout(cases, map, holdout, 1);
  const unseen = heldBack.filter(isNew);
  const leftOut = heldBack.length - unseen.length;
  if (unseen.length === 0) throw noCases("all that would be kept back were trained on in the run");
  return { training, heldBack: unseen, leftOut, standing: part.took || witness !== undefined ? "unknown" : "absent" };
}

function noCases(why: string): Error {
  return siteError("COMPARE_NO_CASES", `No case is kept back to score both models on: ${why}.`);
}

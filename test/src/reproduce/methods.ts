import type { LossName } from "@fedace/ace-core/protocol";

/** How a method trains. */
type Way =
  /** One network on the archives of all sites in one place. */
  | "pooled"
  /** One network, by rounds between the sites. */
  | "federated"
  /** One network per task, on all archives that are labelled for it; lesions lie over tissue. */
  | "tasks"
  /** One network per site. */
  | "alone";

/** One line of the comparison. */
export interface Method {
  readonly title: string;
  /** Where there is little room. */
  readonly short: string;
  readonly way: Way;
  readonly loss: LossName;
}

/** In the order of the report: the paper's, then what federating them gives. */
export const METHODS = {
  "multi-unet": { title: "Multi-UNet: one network per task", short: "Multi-UNet", way: "tasks", loss: "ace" },
  "naive-ce": { title: "naive cross entropy", short: "naive CE", way: "pooled", loss: "ce" },
  "naive-dice": { title: "naive Dice", short: "naive Dice", way: "pooled", loss: "dice" },
  ace: { title: "ACE", short: "ACE", way: "pooled", loss: "ace" },
  "ace-dice": { title: "ACE + marginal Dice", short: "ACE + Dice", way: "pooled", loss: "ace-dice" },
  alone: { title: "each site alone, ACE + marginal Dice", short: "alone", way: "alone", loss: "ace-dice" },
  "federated-ce": { title: "federated naive cross entropy", short: "fed. naive CE", way: "federated", loss: "ce" },
  "federated-ace": { title: "federated ACE", short: "fed. ACE", way: "federated", loss: "ace" },
  "federated-ace-dice": {
    title: "federated ACE + marginal Dice",
    short: "fed. ACE + Dice",
    way: "federated",
    loss: "ace-dice",
  },
} as const satisfies Record<string, Method>;
export type MethodId = keyof typeof METHODS;
export const METHOD_IDS = Object.keys(METHODS) as readonly MethodId[];

/** What is compared with what by Wilcoxon's test: the first less the second. */
export const COMPARISONS: readonly (readonly [MethodId, MethodId])[] = [
  ["ace", "naive-ce"],
  ["ace", "naive-dice"],
  ["ace", "multi-unet"],
  ["federated-ace", "ace"],
  ["federated-ace", "federated-ce"],
  ["federated-ace-dice", "ace-dice"],
  ["federated-ace-dice", "alone"],
];

import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import type { TrainingCase } from "@fedace/ace-core/training";
import { segment, trainFederated, trainPooled } from "../simulation/index.js";
import type { Cases } from "../simulation/index.js";
import type { Method } from "./methods.js";
import { foregroundOf, only, overlay, tasksOf } from "./tasks.js";
import type { Task } from "./tasks.js";

/** A model, or one of several that a method makes. */
export interface Trained {
  /** Indices of classes of the scenario's plan. */
  readonly segment: (item: TrainingCase) => Promise<Uint8Array>;
  /** The classes that it is to be scored in. */
  readonly answersFor: readonly number[];
}

/** Called after every round of a federated method with the model that would be published. */
type OnRound = (round: number, model: Trained) => Promise<void>;

/** Trains a method on the sites of a scenario. */
export async function trainMethod(
  { way, loss }: Method,
  plan: Plan,
  sites: readonly Cases[],
  onRound: OnRound,
): Promise<Trained[]> {
  const own = { ...plan, loss };
  switch (way) {
    case "pooled":
      return [joint(own, (await trainPooled(own, sites)).weights)];
    case "federated":
      return [
        joint(own, await trainFederated(own, sites, ({ round, published }) => onRound(round, joint(own, published)))),
      ];
    case "alone":
      return networks(
        own,
        sites.map((site) => ({ sites: [site], classes: foregroundOf(site.labelMap) })),
      );
    case "tasks": {
      const parts = await networks(own, tasksOf(sites));
      return [
        {
          answersFor: plan.classes.map((_, k) => k),
          segment: async (item) => {
            const found: Uint8Array[] = [];
            for (const part of parts) found.push(await part.segment(item));
            return overlay(found, plan.classes);
          },
        },
      ];
    }
  }
}

function joint(plan: Plan, weights: WeightSet): Trained {
  return { segment: (item) => segment(plan, weights, item), answersFor: plan.classes.map((_, k) => k) };
}

async function networks(plan: Plan, tasks: readonly Task[]): Promise<Trained[]> {
  const trained: Trained[] = [];
  for (const { sites, classes } of tasks) trained.push(await network(plan, sites, classes));
  return trained;
}

/** A network of a few of the plan's classes, trained on all of these sites in one place. */
async function network(plan: Plan, sites: readonly Cases[], classes: readonly number[]): Promise<Trained> {
  const own = planOf(plan, classes);
  const { weights } = await trainPooled(
    own,
    sites.map((site) => only(site, classes)),
  );
  const meaning = [0, ...classes];
  return {
    answersFor: classes,
    segment: async (item) => (await segment(own, weights, item)).map((k) => meaning[k] ?? 0),
  };
}

function planOf(plan: Plan, classes: readonly number[]): Plan {
  const names = [0, ...classes].map((k) => plan.classes[k] ?? "");
  const { smallest = {}, ...rest } = plan;
  const kept = Object.entries(smallest).filter(([name]) => names.includes(name));
  return parsePlan({
    ...rest,
    classes: names,
    ...(kept.length === 0 ? {} : { smallest: Object.fromEntries(kept) }),
  });
}

/** How many trainings of the plan's steps a method takes. */
export function trainings({ way }: Method, sites: readonly Cases[]): number {
  if (way === "pooled") return 1;
  return way === "tasks" ? tasksOf(sites).length : sites.length;
}

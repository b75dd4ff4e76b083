import { parsePlan, UNDERSTOOD } from "@fedace/ace-core/protocol";
import type { Manifest, Plan, PlanInput } from "@fedace/ace-core/protocol";
import { duties, roster, transition } from "./index.js";
import type { RunContext, RunState } from "./index.js";
import type { RunEffect, RunEvent, Transition } from "./events.js";
import { CREATED } from "./state.js";
import type { Counted } from "./state.js";

export const T0 = 1_000_000;
export const DEADLINE = 60_000;

/** What every site of today says of itself. */
const TODAY = { software: "t", engine: "none", understands: UNDERSTOOD.slice() };

function plan(changes: Partial<PlanInput> = {}): Plan {
  return parsePlan({
    name: "test",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w"],
    spacing: [2, 2, 2],
    rounds: 2,
    quorum: { sites: 2, deadline: DEADLINE },
    ...changes,
  });
}

export interface SiteInit {
  readonly name: string;
  readonly kind?: "tissue" | "lesion";
  readonly connected?: boolean;
  readonly manifest?: Partial<Manifest> | null;
}

export const model = { sha256: "0".repeat(64), bytes: 100 };

export function contextOf(sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): RunContext {
  const parsed = plan(changes);
  const list = sites.map(({ name, kind = "tissue", connected = true, manifest = {} }) => ({
    name,
    connectedAt: connected ? T0 : null,
    manifest: manifest === null ? null : { ...TODAY, labels: { kind }, inputs: ["T1w"], cases: 5, ...manifest },
  }));
  return { plan: parsed, roster: roster(list, parsed), initial: model };
}

export const A: SiteInit = { name: "a", kind: "tissue" };
export const B: SiteInit = { name: "b", kind: "lesion" };
export const C: SiteInit = { name: "c", kind: "tissue" };
export const away = (site: SiteInit): SiteInit => ({ ...site, connected: false });
export const stranger = (site: SiteInit): SiteInit => ({ ...site, connected: false, manifest: null });

export function update(site: SiteInit): Counted {
  const labels = { kind: site.kind ?? "tissue" };
  return { site: site.name, sha256: "1".repeat(64), bytes: 10, cases: 5, voxels: {}, labels };
}

/** A run that is taken through events; the roster may change between them. */
export class Story {
  state: RunState = CREATED;
  effects: readonly RunEffect[] = [];
  now = T0;
  last: Transition = { state: CREATED, effects: [] };

  constructor(public context: RunContext) {}

  on(event: RunEvent, afterMs = 0): this {
    this.now += afterMs;
    this.last = transition(this.context, this.state, event, this.now);
    this.state = this.last.state;
    this.effects = [...this.effects, ...this.last.effects];
    return this;
  }

  with(...sites: readonly SiteInit[]): this {
    this.context = contextOf(sites, this.changes);
    return this.on({ type: "look" });
  }

  changes: Partial<PlanInput> = {};

  count(site: SiteInit, round = 1): this {
    return this.on({ type: "counted", round, update: update(site) });
  }

  get duties(): string[] {
    return [...duties(this.context, this.state).sites].map(([site, { kind, round }]) => `${site} ${kind} ${round}`);
  }

  audit(event: string): number {
    return this.effects.filter((effect) => effect.type === "audit" && effect.event === event).length;
  }
}

export const story = (sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): Story => {
  const made = new Story(contextOf(sites, changes));
  made.changes = changes;
  return made;
};
export const started = (sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): Story =>
  story(sites, changes).on({ type: "start" });

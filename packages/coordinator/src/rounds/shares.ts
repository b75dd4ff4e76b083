import { capShares, siteWeights } from "@fedace/ace-core/aggregation";
import { FEW_CASES } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { isEligible } from "./roster.js";
import type { Participant } from "./roster.js";

/** A site's part in an average. */
export interface SiteShare {
  readonly site: string;
  /** Cases that it trains on. */
  readonly cases: number;
  /** Its share of the average; null where it is not known before its first update. */
  readonly share: number | null;
  /** Per class that it annotates, but the background: its part of the cases that do. */
  readonly classes: Readonly<Record<string, number>>;
}

/** What a site is weighed by. */
export interface Member {
  readonly site: string;
  readonly cases: number;
  /** Voxels by class that it annotates; null before its first update. */
  readonly voxels: Readonly<Record<string, number>> | null;
  /** Names of the classes that it annotates. */
  readonly annotated: readonly string[];
}

/** Who has which share of the average, and of each class's cases. */
export function siteShares({ classes, aggregation }: Plan, members: readonly Member[]): SiteShare[] {
  const [background] = classes;
  const known = aggregation.weighting !== "voxels" || members.every(({ voxels }) => voxels !== null);
  const weighed = members.map(({ cases, voxels, annotated }) => ({
    cases,
    voxels: voxels ?? Object.fromEntries(annotated.map((name) => [name, 0])),
  }));
  const any = members.some(({ cases }) => cases > 0);
  const shares = known && any ? capShares(siteWeights(weighed, aggregation.weighting, background)) : [];
  const total = (name: string): number =>
    members.reduce((sum, { cases, annotated }) => (annotated.includes(name) ? sum + cases : sum), 0);
  return members.map(({ site, cases, annotated }, i) => ({
    site,
    cases,
    share: shares[i] ?? null,
    classes: Object.fromEntries(
      annotated.flatMap((name) => (name === background || total(name) === 0 ? [] : [[name, cases / total(name)]])),
    ),
  }));
}

/** The sites that can take part, as they would be weighed: before the first round. */
export function expectedMembers({ classes }: Plan, roster: readonly Participant[]): Member[] {
  return roster.filter(isEligible).map(({ site, standing }) => ({
    site,
    cases: standing.cases,
    voxels: null,
    annotated: standing.map.annotated.map((k) => classes[k] ?? ""),
  }));
}

/** The sites with so few cases that they score on what they train on in other rounds; none where nobody trains. */
export function fewCases({ rounds }: Plan, roster: readonly Participant[]): ReadonlySet<string> {
  if (rounds === 0) return new Set();
  return new Set(roster.filter(isEligible).flatMap(({ site, standing }) => (standing.cases < FEW_CASES ? [site] : [])));
}

import type { LabelMapConfig } from "@fedace/ace-core/labels";
import type { Plan, UpdateNumbers } from "@fedace/ace-core/protocol";

/** What a site has last said of its labels. */
export interface DeclaredLabels {
  readonly site: string;
  readonly labels: LabelMapConfig;
  /** Of its last counted update with these labels; null where there is none. */
  readonly counted: (Pick<UpdateNumbers, "cases" | "voxels"> & { readonly spacing: readonly number[] }) | null;
}

/** A site's label map, and what its labels amount to. */
export interface SiteVolumes {
  readonly site: string;
  readonly labels: LabelMapConfig;
  /** Mean mL of a training case per class that it annotates, but the background; null before its first update. */
  readonly millilitres: Readonly<Record<string, number>> | null;
}

/** A volume that is not as it should be, if the label map is right. */
export interface OddVolume {
  readonly site: string;
  readonly class: string;
  /** Mean mL per case. */
  readonly millilitres: number;
  /** `range`: no brain has that much, or so little; `others`: the other sites have more than {@link APART} times more or less. */
  readonly why: "range" | "others";
  /** For `range` its bounds in mL, for `others` their median twice. */
  readonly usual: readonly [number, number];
}

/**
 * Mean volumes of a class per case, mL, beyond which a site's labels mean something else. Tissue: wider than what brains
 * have from birth to old age (Bethlehem et al., Brain charts for the human lifespan, Nature 2022). Lesions: a third of a
 * brain, more than the largest tumours with their oedema.
 */
const RANGES: readonly (readonly [names: RegExp, least: number, most: number])[] = [
  [/^csf$/i, 10, 1000],
  [/^(gm|gr[ae]y[-_]?matter)$/i, 150, 1200],
  [/^(wm|white[-_]?matter)$/i, 100, 900],
  [/lesion|wmh|tumou?r|o?edema|core|necro|enhanc|infarct|stroke/i, 0, 500],
];

/** How many times more or less than the median of the other sites is odd. */
const APART = 10;

export function siteVolumes({ classes }: Plan, declared: readonly DeclaredLabels[]): SiteVolumes[] {
  const foreground = new Set(classes.slice(1));
  return declared.map(({ site, labels, counted }) => ({
    site,
    labels,
    millilitres: counted === null || counted.cases === 0 ? null : volumesOf(counted, foreground),
  }));
}

function volumesOf(
  { cases, voxels, spacing }: NonNullable<DeclaredLabels["counted"]>,
  foreground: ReadonlySet<string>,
): Record<string, number> {
  const voxelMl = spacing.reduce((product, mm) => product * mm, 1) / 1000;
  const own = Object.entries(voxels).filter(([name]) => foreground.has(name));
  return Object.fromEntries(own.map(([name, count]) => [name, (count * voxelMl) / cases]));
}

/** The volumes that point at a wrong label map: hints, nothing more. */
export function oddVolumes(sites: readonly SiteVolumes[]): OddVolume[] {
  return sites.flatMap(({ site, millilitres }) =>
    Object.entries(millilitres ?? {}).flatMap(([name, ml]): OddVolume[] => {
      const odd = { site, class: name, millilitres: ml };
      const [least, most] = rangeOf(name);
      if (ml < least || ml > most) return [{ ...odd, why: "range", usual: [least, most] }];
      // Whoever is odd himself is no measure for others.
      const others = sites.flatMap((one) => (one.site === site ? [] : (one.millilitres?.[name] ?? [])));
      const median = medianOf(others.filter((other) => other >= least && other <= most));
      const apart = median !== undefined && (ml > APART * median || APART * ml < median);
      return apart ? [{ ...odd, why: "others", usual: [median, median] }] : [];
    }),
  );
}

function rangeOf(name: string): readonly [least: number, most: number] {
  const [, least, most] = RANGES.find(([names]) => names.test(name)) ?? [/./, 0, Infinity];
  return [least, most];
}

/** Of an even number of values the mean of the two in the middle. */
function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

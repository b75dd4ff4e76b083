/** What a site says of one metric in one class. */
export interface SiteFigure {
  /** Cases over which it is the mean. */
  readonly cases: number;
  readonly mean: number;
  /** Standard deviation of these cases, divided by their number; undefined where the site does not say. */
  readonly deviation: number | undefined;
}

/** The same over the cases of all sites. */
export interface PooledFigure {
  readonly mean: number;
  readonly cases: number;
  /** 95 % interval of the mean; null for a single case, and where a site does not say how far its cases differ. */
  readonly interval: [number, number] | null;
}

/**
 * The mean over the cases of all sites, with its bootstrap interval.
 *
 * Of cases resampled from all sites together, means vary by σ/√n, σ the deviation of these cases (Efron & Tibshirani,
 * An Introduction to the Bootstrap, 1993): it follows from each site's number of cases, mean and deviation, without any
 * case's value and without drawing. The bootstrap is too narrow for few cases; the interval is widened by t and
 * n/(n − 1), as Hesterberg's expanded one (The American Statistician 69, 2015), and ends at the metric's bounds.
 *
 * @returns undefined where no site has a figure
 */
export function poolFigures(
  sites: readonly SiteFigure[],
  { least, most }: { readonly least: number; readonly most: number },
): PooledFigure | undefined {
  const cases = sites.reduce((sum, site) => sum + site.cases, 0);
  if (cases === 0) return undefined;
  const mean = sites.reduce((sum, site) => sum + site.cases * site.mean, 0) / cases;
  const known = sites.flatMap(({ deviation, ...site }) => (deviation === undefined ? [] : [{ ...site, deviation }]));
  if (cases < 2 || known.length < sites.length) return { mean, cases, interval: null };
  const squares = known.reduce((sum, site) => sum + site.cases * (site.deviation ** 2 + (site.mean - mean) ** 2), 0);
  const half = student975(cases - 1) * Math.sqrt(squares / (cases - 1) / cases);
  return { mean, cases, interval: [Math.max(least, mean - half), Math.min(most, mean + half)] };
}

/** 97.5th percentile of the normal distribution. */
const Z = 1.959963984540054;
/** The same of Student's t with 1 to 9 degrees of freedom. */
const FEW = [
  12.7062047, 4.30265273, 3.18244631, 2.77644511, 2.57058184, 2.44691185, 2.36462425, 2.30600414, 2.26215716,
];

/** The same with any number of them: Abramowitz & Stegun 26.7.5, to five digits. */
function student975(freedom: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92160,
  ];
  return FEW[freedom - 1] ?? terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), Z);
}

/** Pairs up to which the distribution is counted out; beyond it is taken as normal. */
const EXACT = 50;

/**
 * Wilcoxon's signed-rank test of paired differences, two-sided (Wilcoxon, Biometrics Bulletin 1945). Differences of 0
 * are left out, equal ones share their mean rank. With up to 50 pairs the p-value is exact, ties included (all signs of
 * the ranks at hand are equally likely); with more it is that of the normal approximation, corrected for ties.
 *
 * @returns null where no difference is left
 */
export function wilcoxon(differences: readonly number[]): number | null {
  const others = differences.filter((difference) => difference !== 0);
  if (others.length === 0) return null;
  const ranks = meanRanks(others.map(Math.abs));
  const positive = ranks.reduce((sum, rank, i) => ((others[i] ?? 0) > 0 ? sum + rank : sum), 0);
  const total = (others.length * (others.length + 1)) / 2;
  const least = Math.min(positive, total - positive);
  return others.length <= EXACT ? exact(ranks, least) : normal(ranks, least);
}

/** Ranks from 1; equal values have the mean of theirs. */
function meanRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

/** Twice the share of all signs whose sum of positive ranks is `least` or less. Ranks are halves: they are doubled. */
function exact(ranks: readonly number[], least: number): number {
  let ways = [1];
  for (const rank of ranks) {
    const step = Math.round(2 * rank);
    ways = Array.from({ length: ways.length + step }, (_, sum) => (ways[sum] ?? 0) + (ways[sum - step] ?? 0));
  }
  const tail = ways.slice(0, Math.round(2 * least) + 1).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * tail) / 2 ** ranks.length);
}

function normal(ranks: readonly number[], least: number): number {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  return Math.min(1, 2 * below((least - mean) / deviation));
}

/** Share of the normal distribution below z ≤ 0: Abramowitz & Stegun 26.2.17, to 7 digits. */
function below(z: number): number {
  const t = 1 / (1 - 0.2316419 * z);
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduceRight((rest, factor) => t * (factor + rest), 0);
  return (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

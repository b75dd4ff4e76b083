/**
 * Largest share of an average that one site may have. Its numbers of cases and voxels are its own word; with this bound
 * the others' updates always count for a fifth at least, and 40 tissue cases do not drown 2 lesion cases.
 */
export const LARGEST_SHARE = 0.8;

/**
 * Bounds each site's share of an average; what is above the bound goes to the others in proportion to their shares.
 *
 * @param shares together 1, each 0 or more.
 * @param most bound in (0, 1]. Sites that cannot reach 1 together within it get equal shares.
 * @returns shares that are together 1; the same numbers where none is above the bound.
 */
export function capShares(shares: readonly number[], most: number = LARGEST_SHARE): number[] {
  const sites = shares.filter((share) => share > 0).length;
  const bound = Math.max(most, 1 / Math.max(1, sites));
  let capped = [...shares];
  // Each pass puts at least one more site at the bound.
  for (let pass = 0; pass < shares.length && capped.some((share) => share > bound); pass++) {
    const over = capped.map((share) => share >= bound);
    const left = 1 - bound * over.filter(Boolean).length;
    const rest = capped.reduce((sum, share, k) => (over[k] === true ? sum : sum + share), 0);
    capped = capped.map((share, k) => (over[k] === true ? bound : (share / rest) * left));
  }
  return capped;
}

/**
 * The mean of a number over sites, weighted by the cases that each has scored.
 *
 * @returns undefined where no site has the number
 */
export function meanOverSites(
  sites: readonly { readonly cases: number; readonly value: number | undefined }[],
): number | undefined {
  let [sum, weight] = [0, 0];
  for (const { cases, value } of sites) {
    if (value === undefined) continue;
    sum += cases * value;
    weight += cases;
  }
  return weight === 0 ? undefined : sum / weight;
}

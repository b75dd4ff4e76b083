/** Slips of the pen that a word of some length may have: one in a short one, a third of a long one's letters at most. */
const slips = (length: number): number => Math.max(1, Math.floor(length / 3));

/** The word that is likeliest meant by another; undefined if none is near. Case does not matter. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const meant = known
    .map((one) => ({ one, distance: editDistance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, distance }) => distance <= slips(Math.min(one.length, word.length)))
    .sort((a, b) => a.distance - b.distance);
  return meant[0]?.one;
}

/** Letters to insert, leave out, replace or swap with their neighbour (optimal string alignment, Boytsov 2011, §2.1). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + cost,
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** A Dice as people write it: `.873`, or `–` where there is none. */
export function diceText(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value >= 0.9995 ? "1.00" : value.toFixed(3).slice(1);
}

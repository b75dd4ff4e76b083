import { entrySchema } from "./entry.js";

/**
 * The rounds of a run in which an update of this site has left, by its receipts. A line that is just being written is not
 * there yet; whether the ledger holds is not looked at.
 */
export function roundsSent(text: string, run: string): number[] {
  const rounds = text.split("\n").flatMap((line) => {
    const entry = entrySchema.safeParse(jsonOf(line)).data;
    if (entry?.kind !== "update" || entry.what["run"] !== run) return [];
    const { round } = entry.what;
    return typeof round === "number" ? [round] : [];
  });
  return [...new Set(rounds)];
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Figures beside the same without an attack, and the limit that they have to keep. */
import { table, textLines } from "@fedace/ace-core/host";

/** One figure under attack. */
export interface Finding {
  readonly name: string;
  readonly without: number;
  readonly under: number;
  readonly ratio: number;
  readonly limit: number;
  readonly kept: boolean;
}

/** @param limit of `under`; of the ratio for {@link judgeRatio} */
export function judge(name: string, without: number, under: number, limit: number): Finding {
  return { name, without, under, ratio: under / without, limit, kept: under <= limit };
}

export function judgeRatio(name: string, without: number, under: number, limit: number): Finding {
  const ratio = under / without;
  return { name, without, under, ratio, limit, kept: ratio <= limit };
}

/** Lines of a table; `unit` is that of the figures, `limited` says what the limit is of. */
export function lines(title: string, unit: string, limited: string, findings: readonly Finding[]): string[] {
  const rows = findings.map(({ name, without, under, ratio, limit, kept }) => [
    name,
    without.toFixed(1),
    under.toFixed(1),
    ratio.toFixed(2),
    `${limit}`,
    kept ? "yes" : "NO",
  ]);
  return textLines([title, table([unit, "without", "under attack", "ratio", limited, "kept"], rows)]);
}

/** The value below which a share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

import type { Contestant } from "./contestant.js";
import type { StepReport } from "./serve.js";

/** One contestant's steps, after the first. */
export interface Result {
  readonly name: string;
  /** Milliseconds of each step. */
  readonly steps: readonly number[];
  readonly median: number;
  /** Median processor time, ms. */
  readonly cpu: number;
  readonly firstLoss: number | undefined;
  readonly rssBytes: number;
  readonly peakBytes: number | null;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * Runs the contestants in turn, so that a busy machine is busy for all of them.
 *
 * @param burst steps of a contestant in a row; a GPU needs a moment to turn to another process
 * @param rarely contestants that take too long for more than one step
 */
export async function compete(
  rounds: number,
  burst: number,
  contestants: readonly Contestant[],
  rarely: readonly Contestant[],
): Promise<Result[]> {
  const reports = new Map<Contestant, StepReport[]>();
  const turn = async (contestant: Contestant, steps: number): Promise<void> => {
    const mine = reports.get(contestant) ?? [];
    for (let i = 0; i < steps; i++) mine.push(await contestant.step());
    reports.set(contestant, mine);
  };
  // The first step of each compiles and allocates: it warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of contestants) await turn(contestant, round === 0 ? 1 : burst);
    if (round <= 1) for (const contestant of rarely) await turn(contestant, 1);
  }
  return [...reports].map(([{ name }, all]) => ({
    name,
    steps: all.slice(1).map(({ ms }) => ms),
    median: median(all.slice(1).map(({ ms }) => ms)),
    cpu: median(all.slice(1).map(({ cpuMs }) => cpuMs)),
    firstLoss: all[0]?.loss,
    rssBytes: all.at(-1)?.rssBytes ?? NaN,
    peakBytes: all.at(-1)?.peakBytes ?? null,
  }));
}

/** The contestants' side of the conversation: for every line on standard input, one step and one line of JSON. */
import { createInterface } from "node:readline";

/** What a contestant says about one step. */
export interface StepReport {
  readonly ms: number;
  /** Processor time of all its threads; unlike `ms` hardly longer on a busy machine. */
  readonly cpuMs: number;
  readonly loss?: number;
  /** The most main memory that the process had, bytes. */
  readonly rssBytes: number;
  /** The most that the engine's tensors had, bytes; null where it does not say. */
  readonly peakBytes: number | null;
}

/**
 * Says who it is, then runs `step` for every line until the input ends.
 *
 * @param peakBytes the engine's own count. Default: none.
 */
export async function serve(
  about: object,
  step: () => Promise<number>,
  peakBytes: () => number | null = () => null,
): Promise<void> {
  const say = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  say(about);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "") continue;
    const start = performance.now();
    const before = process.cpuUsage();
    const loss = await step();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const rssBytes = process.resourceUsage().maxRSS * 1024;
    say({ ms, cpuMs: (user + system) / 1000, loss, rssBytes, peakBytes: peakBytes() } satisfies StepReport);
  }
}

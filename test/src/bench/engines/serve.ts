/** The contestants' side of the conversation: for every line on standard input, one step and one line of JSON. */
import { createInterface } from "node:readline";

/** What a contestant says about one step. */
export interface StepReport {
  readonly ms: number;
  /** Processor time of all its threads; unlike `ms` hardly longer on a busy machine. */
  readonly cpuMs: number;
  readonly loss?: number;
}

/** Says who it is, then runs `step` for every line until the input ends. */
export async function serve(about: object, step: () => Promise<number>): Promise<void> {
  const say = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  say(about);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "") continue;
    const start = performance.now();
    const before = process.cpuUsage();
    const loss = await step();
    const { user, system } = process.cpuUsage(before);
    say({ ms: performance.now() - start, cpuMs: (user + system) / 1000, loss } satisfies StepReport);
  }
}

import { federated } from "./federated/index.js";

/** `npm run bench -- NAME [options]`: each is told its options and writes its figures to standard output. */
const BENCHMARKS: Readonly<Record<string, (args: string[]) => Promise<void>>> = { federated };

const [name = "", ...args] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark === undefined) {
  console.error(`Usage: npm run bench -- NAME [options], NAME one of ${Object.keys(BENCHMARKS).join(", ")}`);
  process.exitCode = 2;
} else {
  await benchmark(args);
}

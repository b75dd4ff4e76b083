/** `npm run bench -- NAME [options]`: figures go to standard output. Add a benchmark to the table to make it known. */
import type { Benchmark } from "./benchmark.js";
import { enginesBenchmark } from "./engines/main.js";
import { killsBenchmark } from "./kills/main.js";
import { peersBenchmark } from "./peers/main.js";
import { predictBenchmark } from "./predict/main.js";
import { federated } from "./federated/index.js";
import { webgpuBenchmark } from "./webgpu/main.js";
import { USAGE } from "./federated/options.js";

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  engines: enginesBenchmark,
  predict: predictBenchmark,
  federated: {
    summary: "a federated run in one process, and the Dice of its model on held-out cases",
    options: USAGE.split("\n").slice(1),
    run: federated,
  },
  webgpu: webgpuBenchmark,
  peers: peersBenchmark,
  kills: killsBenchmark,
};

const [name = "", ...args] = process.argv.slice(2);
const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (benchmark === undefined) {
  process.stdout.write("npm run bench -- NAME [options]\n");
  for (const [known, { summary, options }] of Object.entries(BENCHMARKS)) {
    process.stdout.write(`\n  ${known}: ${summary}\n${options.map((option) => `    ${option}\n`).join("")}`);
  }
  process.exitCode = name === "" ? 0 : 2;
} else {
  await benchmark.run(args);
}

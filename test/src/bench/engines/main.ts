/**
 * One training step of the `small` network (7 patches of 32³, 2 inputs, 5 classes, ACE + marginal Dice, SGD) on our
 * wasm engine, on stock tfjs-wasm and in PyTorch, taken in turn; and the speed of each convolution.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import type { Benchmark } from "../benchmark.js";
import { Contestant } from "./contestant.js";
import type { LayerReport } from "./layers.js";
import type { StepReport } from "./serve.js";

/** What the engine has to be: at least so many times faster than stock, at most so many times PyTorch's time. */
const BAR = { stock: 40, pytorch: 5 };

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Result {
  readonly name: string;
  readonly steps: readonly number[];
  readonly median: number;
  /** Median processor time, ms. */
  readonly cpu: number;
  readonly firstLoss: number | undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Runs the contestants in turn, so that a busy machine is busy for all of them. */
async function compete(
  rounds: number,
  contestants: readonly Contestant[],
  rarely: readonly Contestant[],
): Promise<Result[]> {
  const reports = new Map<Contestant, StepReport[]>();
  const turn = async (contestant: Contestant): Promise<void> => {
    reports.set(contestant, [...(reports.get(contestant) ?? []), await contestant.step()]);
  };
  // The first step of each compiles and allocates: it warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of contestants) await turn(contestant);
    if (round <= 1) for (const contestant of rarely) await turn(contestant);
  }
  return [...reports].map(([{ name }, all]) => {
    const steps = all.slice(1).map(({ ms }) => ms);
    const cpu = median(all.slice(1).map(({ cpuMs }) => cpuMs));
    return { name, steps, median: median(steps), cpu, firstLoss: all[0]?.loss };
  });
}

async function layerReport(threads: number): Promise<LayerReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [here("./layers.js"), String(threads)]);
  return JSON.parse(stdout) as LayerReport;
}

const ms = (value: number): string => value.toFixed(0).padStart(8);
const speed = (value: number): string => value.toFixed(1).padStart(8);

function printSteps(results: readonly Result[]): void {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  print(`\n${"one step".padEnd(34)}median ms     min     max  CPU ms  steps  first loss`);
  for (const { name, steps, median: middle, cpu, firstLoss } of results) {
    const range = `${ms(middle)} ${ms(Math.min(...steps))}${ms(Math.max(...steps))}`;
    print(`${name.padEnd(34)}${range}${ms(cpu)}${String(steps.length).padStart(7)}  ${firstLoss?.toFixed(6) ?? ""}`);
  }
}

/** The ratios of issue 3, for each number of threads. */
function ratios(results: readonly Result[]): Record<string, number> {
  const stock = results.find(({ name }) => name.startsWith("tfjs-wasm"))?.median;
  const found: Record<string, number> = {};
  for (const { name, median: ours } of results.filter((result) => result.name.startsWith("wasm"))) {
    if (stock !== undefined) found[`tfjs-wasm / ${name}`] = stock / ours;
    const threads = /\d+/.exec(name)?.[0] ?? "";
    const torch = results.filter((result) => result.name.startsWith("PyTorch") && result.name.includes(` ${threads} `));
    const fastest = Math.min(...torch.map((result) => result.median));
    if (Number.isFinite(fastest)) found[`${name} / PyTorch, ${threads} threads, faster layout`] = ours / fastest;
  }
  return found;
}

function printLayers({ device, bare, layers }: LayerReport): void {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  print(`\n${`GFLOP/s, ${device}`.padEnd(34)} forward   input  filter   (gradients in)`);
  print("multiply-adds of the direct convolution per second; Winograd's transform needs about half of them");
  for (const { layer, forward, input, filter } of layers) {
    print(`${layer.padEnd(34)}${speed(forward)}${speed(input)}${speed(filter)}`);
  }
  print(`${"bare multiply-add".padEnd(34)}${speed(bare)}`);
}

async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: "string" },
      json: { type: "string" },
      rounds: { type: "string", default: "7" },
      "no-stock": { type: "boolean", default: false },
    },
  });
  const started: Contestant[] = [];
  const start = async (name: string, command: string, argv: string[], request?: object): Promise<Contestant> => {
    const { contestant } = await Contestant.start(name, command, argv, request);
    started.push(contestant);
    return contestant;
  };
  const quick: Contestant[] = [];
  for (const threads of [1, 2]) {
    const words = `${threads} ${threads === 1 ? "thread" : "threads"}`;
    quick.push(await start(`wasm, ${words}`, process.execPath, [here("./ours.js"), String(threads)]));
    for (const layout of values.python === undefined ? [] : ["contiguous", "channels_last"]) {
      const script = here("../../../src/bench/engines/pytorch_step.py");
      const name = `PyTorch, ${words}, ${layout}`;
      quick.push(await start(name, values.python ?? "", ["-W", "ignore", script], { layout, threads }));
    }
  }
  const slow = values["no-stock"] ? [] : [await start("tfjs-wasm, stock", process.execPath, [here("./stock.js")])];
  try {
    const results = await compete(Number(values.rounds), quick, slow);
    const layers = [await layerReport(1), await layerReport(2)];
    const found = ratios(results);
    const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
    process.stdout.write(`${machine}\n`);
    printSteps(results);
    process.stdout.write(`\nbar: stock / ours at least ${BAR.stock}, ours / PyTorch at most ${BAR.pytorch}\n`);
    for (const [what, ratio] of Object.entries(found)) process.stdout.write(`${what.padEnd(52)}${ratio.toFixed(2)}\n`);
    for (const report of layers) printLayers(report);
    if (values.json !== undefined) {
      await writeFile(values.json, JSON.stringify({ machine, results, ratios: found, layers }, undefined, 2));
    }
  } finally {
    for (const contestant of started) await contestant.stop();
  }
}

export const enginesBenchmark: Benchmark = {
  summary: "one training step of the `small` network on our engine, stock tfjs-wasm and PyTorch",
  options: [
    "--python PY    a Python that has torch, to compare with it",
    "--rounds N     steps to take the median of (default 7; stock tfjs-wasm takes one)",
    "--no-stock     leave stock tfjs-wasm out, which takes about a minute",
    "--json FILE    write the figures there too",
  ],
  run,
};

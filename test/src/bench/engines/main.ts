/**
 * One training step of our network (2 inputs, 5 classes, ACE + marginal Dice, SGD) on every engine that runs here, on
 * stock tfjs-wasm and in PyTorch, taken in turn; and the speed of each convolution.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { ENGINE_NODE_FLAGS, listEngines } from "@fedace/ace-core/engine";
import { macs, modelSpec } from "@fedace/ace-core/model";
import type { Benchmark } from "../benchmark.js";
import { caseName, casesOf, USUAL_CASES, type Case } from "./cases.js";
import { compete, type Result } from "./compete.js";
import { Contestant } from "./contestant.js";
import type { LayerReport } from "./layers.js";
import { torchDevices } from "./torch.js";
import { printCase, printLayers, ratiosOf, STOCK, TORCH, type Ratios } from "./report.js";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const script = (name: string): string => here(`../../../src/bench/engines/${name}`);

interface Options {
  readonly engines: readonly string[];
  readonly threads: number;
  readonly python: string | undefined;
  readonly rounds: number;
  readonly stock: "small" | "all" | "none";
  readonly checkpointing: boolean;
}

interface CaseReport extends Case {
  readonly results: readonly Result[];
  readonly ratios: Ratios;
}

/** A training step is three passes over the convolutions, of a multiplication and an addition each. */
function gflopOf({ preset, batch, side }: Case): number {
  return (6 * batch * macs(modelSpec({ preset }, 2, 5), [side, side, side])) / 1e9;
}

async function runCase(item: Case, options: Options): Promise<CaseReport> {
  const started: Contestant[] = [];
  const start = async (name: string, command: string, args: readonly string[]): Promise<Contestant> => {
    const contestant = await Contestant.start(name, command, args);
    started.push(contestant);
    return contestant;
  };
  const { preset, batch, side } = item;
  const { threads, python } = options;
  const size = [preset, String(batch), String(side)];
  const node = (file: string, args: readonly string[]): string[] => [...ENGINE_NODE_FLAGS, here(file), ...args];
  try {
    const quick: Contestant[] = [];
    for (const engine of options.engines) {
      const args = [engine, String(threads), ...size];
      quick.push(await start(engine, process.execPath, node("./ours.js", [...args, "0"])));
      if (options.checkpointing) {
        quick.push(await start(`${engine}, checkpointing`, process.execPath, node("./ours.js", [...args, "1"])));
      }
    }
    const spec = modelSpec({ preset }, 2, 5);
    for (const device of python === undefined ? [] : await torchDevices(python)) {
      for (const layout of ["contiguous", "channels_last"]) {
        const request = JSON.stringify({ spec, batch, side, threads, layout, device });
        const name = `${TORCH}, ${device}, ${layout}`;
        quick.push(await start(name, python ?? "", ["-W", "ignore", script("pytorch_step.py"), request]));
      }
    }
    const withStock = options.stock === "all" || (options.stock === "small" && preset === "small");
    const slow = withStock ? [await start(STOCK, process.execPath, node("./stock.js", size))] : [];
    const results = await compete(options.rounds, quick, slow);
    return { ...item, results, ratios: ratiosOf(results) };
  } finally {
    for (const contestant of started) await contestant.stop();
  }
}

async function layerReport(engine: string, threads: number, { preset, batch, side }: Case): Promise<LayerReport> {
  const args = [
    ...ENGINE_NODE_FLAGS,
    here("./layers.js"),
    engine,
    String(threads),
    preset,
    String(batch),
    String(side),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as LayerReport;
}

async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: "string", default: USUAL_CASES },
      engines: { type: "string" },
      threads: { type: "string", default: String(availableParallelism()) },
      python: { type: "string" },
      rounds: { type: "string", default: "5" },
      stock: { type: "string", default: "small" },
      checkpointing: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  if (values.stock !== "small" && values.stock !== "all" && values.stock !== "none") {
    throw new Error(`--stock ${values.stock} is neither small, all nor none`);
  }
  const usable = (await listEngines()).flatMap((status) => (status.usable ? [status.name] : []));
  const options: Options = {
    engines: values.engines?.split(",") ?? usable,
    threads: Number(values.threads),
    python: values.python,
    rounds: Number(values.rounds),
    stock: values.stock,
    checkpointing: values.checkpointing,
  };
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${options.threads} threads, Node ${process.version}`;
  process.stdout.write(`${machine}; engines: ${options.engines.join(", ")}\n`);
  const cases: CaseReport[] = [];
  const layers: LayerReport[] = [];
  for (const item of casesOf(values.cases)) {
    const report = await runCase(item, options);
    cases.push(report);
    printCase(caseName(item), gflopOf(item), report.results, report.ratios);
    // Other engines compute beside this process: their kernels are measured by a benchmark of their own.
    for (const engine of options.engines.filter((name) => name !== "webgpu")) {
      const found = await layerReport(engine, options.threads, item);
      layers.push(found);
      printLayers(found);
    }
  }
  if (values.json !== undefined) {
    await writeFile(values.json, JSON.stringify({ machine, cases, layers }, undefined, 2));
  }
}

export const enginesBenchmark: Benchmark = {
  summary: "a training step on every engine, stock tfjs-wasm and PyTorch, and each convolution",
  options: [
    `--cases LIST    networks, batches and sides (default ${USUAL_CASES})`,
    "--engines LIST  of our engines (default: all that run here)",
    "--threads N     for every contestant (default: all processors)",
    "--python PY     a Python that has torch, to compare with it in both memory layouts, on a GPU too",
    "--rounds N      steps to take the median of (default 5; stock tfjs-wasm takes one)",
    "--stock WHICH   small, all or none: cases for stock tfjs-wasm, which takes minutes for the large network",
    "--checkpointing our engines with gradient checkpointing as well",
    "--json FILE     write the figures there too",
  ],
  run,
};

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
import type { EngineName } from "@fedace/ace-core/engine";
import type { Precision } from "@fedace/ace-core/engine/ops";
import { architectureOf, modelSpec } from "@fedace/ace-core/model";
import { PRECISION_NAMES } from "@fedace/ace-core/protocol";
import type { Benchmark } from "../benchmark.js";
import { caseName, casesOf, USUAL_CASES, type Case } from "./cases.js";
import { compete, type Result } from "./compete.js";
import { Contestant } from "./contestant.js";
import type { LayerReport } from "./layers.js";
import type { Request } from "./ours.js";
import { torchWays } from "./torch.js";
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
  readonly precision: Precision;
  readonly burst: number;
  /** PyTorch's devices, undefined for all it has. */
  readonly devices: readonly string[] | undefined;
}

interface CaseReport extends Case {
  readonly results: readonly Result[];
  readonly ratios: Ratios;
}

/** A training step is three passes over the convolutions, of a multiplication and an addition each. */
function gflopOf({ preset, batch, side }: Case): number {
  const spec = modelSpec({ preset }, 2, 5);
  return (6 * batch * architectureOf(spec).macs(spec, [side, side, side])) / 1e9;
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
  const node = (file: string, args: readonly string[]): string[] => [...ENGINE_NODE_FLAGS, here(file), ...args];
  const ours = (engine: string, checkpointing: boolean): Promise<Contestant> => {
    const { precision } = options;
    const request = { ...item, engine: engine as EngineName, threads, checkpointing, precision } satisfies Request;
    const name = `${engine}${checkpointing ? ", checkpointing" : ""}`;
    return start(name, process.execPath, node("./ours.js", [JSON.stringify(request)]));
  };
  try {
    const starting = options.engines.flatMap((engine) =>
      (options.checkpointing ? [false, true] : [false]).map((checkpointing) => ours(engine, checkpointing)),
    );
    const spec = modelSpec({ preset }, 2, 5);
    for (const way of python === undefined ? [] : await torchWays(python, options.devices, options.precision)) {
      const request = JSON.stringify({ spec, batch, side, threads, ...way });
      const name = [TORCH, way.device, way.arithmetic, way.layout].join(", ");
      starting.push(start(name, python ?? "", ["-W", "ignore", script("pytorch_step.py"), request]));
    }
    const quick = await Promise.all(starting);
    const withStock = options.stock === "all" || (options.stock === "small" && preset === "small");
    const slow = withStock
      ? [await start(STOCK, process.execPath, node("./stock.js", [preset, String(batch), String(side)]))]
      : [];
    const results = await compete(options.rounds, options.burst, quick, slow);
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
      precision: { type: "string", default: "float32" },
      burst: { type: "string", default: "1" },
      devices: { type: "string" },
      json: { type: "string" },
    },
  });
  if (values.stock !== "small" && values.stock !== "all" && values.stock !== "none") {
    throw new Error(`--stock ${values.stock} is neither small, all nor none`);
  }
  const precision = PRECISION_NAMES.find((name) => name === values.precision);
  if (precision === undefined) {
    throw new Error(`--precision ${values.precision} is none of ${PRECISION_NAMES.join(", ")}`);
  }
  const usable = (await listEngines()).flatMap((status) => (status.usable ? [status.name] : []));
  const options: Options = {
    engines: values.engines?.split(",") ?? usable,
    threads: Number(values.threads),
    python: values.python,
    rounds: Number(values.rounds),
    stock: values.stock,
    checkpointing: values.checkpointing,
    precision,
    burst: Number(values.burst),
    devices: values.devices?.split(","),
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
    "--precision P   float32 (default) or mixed: 16 bit products, PyTorch's under autocast",
    "--devices LIST  of PyTorch, cpu or cuda (default: all it has)",
    "--burst N       steps of a contestant in a row (default 1)",
    "--json FILE     write the figures there too",
  ],
  run,
};

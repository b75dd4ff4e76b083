/** Segmenting one scan: seconds and memory on every engine, beside PyTorch with the same windows. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { ENGINE_NODE_FLAGS, listEngines } from "@fedace/ace-core/engine";
import type { ModelPreset } from "@fedace/ace-core/protocol";
import type { Benchmark } from "../benchmark.js";
import { torchDevices } from "../engines/torch.js";
import type { PredictReport, PredictRequest } from "./ours.js";

type Row = Pick<PredictReport, "networkSeconds" | "rssBytes" | "peakBytes"> & Partial<PredictReport> & { name: string };

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const run = promisify(execFile);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const number = (value: number | undefined, digits: number): string => (value?.toFixed(digits) ?? "–").padStart(10);
const mebibytes = (bytes: number | null): string => number(bytes === null ? undefined : bytes / 2 ** 20, 0);

async function ours(request: PredictRequest): Promise<Row> {
  const { stdout } = await run(process.execPath, [...ENGINE_NODE_FLAGS, here("./ours.js"), JSON.stringify(request)]);
  return { name: request.engine, ...(JSON.parse(stdout) as PredictReport) };
}

async function torch(python: string, prepared: string, threads: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const device of await torchDevices(python)) {
    for (const layout of ["contiguous", "channels_last"]) {
      const script = here("../../../src/bench/predict/pytorch_predict.py");
      const { stdout } = await run(python, ["-W", "ignore", script, prepared, String(threads), layout, device]);
      rows.push({ name: `PyTorch, ${device}, ${layout}`, ...(JSON.parse(stdout) as PredictReport) });
    }
  }
  return rows;
}

async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      input: { type: "string", multiple: true, default: [] },
      preset: { type: "string", default: "small" },
      side: { type: "string", default: "32" },
      spacing: { type: "string", default: "1" },
      engines: { type: "string" },
      threads: { type: "string", default: String(availableParallelism()) },
      python: { type: "string" },
      json: { type: "string" },
    },
  });
  const inputs = values.input.map((text): [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  if (inputs.length === 0) throw new Error("name a scan: --input T1w=FILE --input FLAIR=FILE");
  const usable = (await listEngines()).flatMap((status) => (status.usable ? [status.name] : []));
  const folder = mkdtempSync(join(tmpdir(), "fedace-bench-"));
  const prepared = join(folder, "image.f32");
  const threads = Number(values.threads);
  const rows: Row[] = [];
  try {
    for (const engine of values.engines?.split(",") ?? usable) {
      const network = { preset: values.preset as ModelPreset, side: Number(values.side) };
      rows.push(await ours({ engine, threads, inputs, prepared, spacing: Number(values.spacing), ...network }));
    }
    const [first] = rows;
    if (values.python !== undefined) rows.push(...(await torch(values.python, prepared, threads)));
    print(
      `${values.preset}, ${first?.size?.join(" × ")} voxels of ${values.spacing} mm, ${first?.windows} windows of ${values.side}³, ${threads} threads`,
    );
    print(`${"".padEnd(30)} network s   in all s  tensors MiB  process MiB`);
    for (const { name, networkSeconds, seconds, peakBytes, rssBytes } of rows) {
      const memory = `   ${mebibytes(peakBytes)}   ${mebibytes(rssBytes)}`;
      print(`${name.padEnd(30)}${number(networkSeconds, 2)} ${number(seconds, 2)}${memory}`);
    }
    const fastest = Math.min(...rows.filter(({ name }) => name.startsWith("PyTorch")).map((row) => row.networkSeconds));
    for (const { name, networkSeconds } of rows) {
      if (name.startsWith("PyTorch") || !Number.isFinite(fastest)) continue;
      print(`  ${`${name} / PyTorch, fastest`.padEnd(40)}${number(networkSeconds / fastest, 2)}`);
    }
    if (values.json !== undefined) await writeFile(values.json, JSON.stringify(rows, undefined, 2));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const predictBenchmark: Benchmark = {
  summary: "segmenting a scan on every engine, beside PyTorch with the same windows",
  options: [
    "--input SUFFIX=FILE  an image of the scan, once for each",
    "--preset NAME        tiny, small or paper (default small)",
    "--side N             voxels per side of a window (default 32)",
    "--spacing MM         voxels are resampled to this (default 1)",
    "--engines LIST       of our engines (default: all that run here)",
    "--threads N          (default: all processors)",
    "--python PY          a Python that has torch, to compare with it",
    "--json FILE          write the figures there too",
  ],
  run: bench,
};

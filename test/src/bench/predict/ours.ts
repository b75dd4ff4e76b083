/**
 * Segments a scan on one engine and prints a {@link PredictReport}. Argument: a {@link PredictRequest} as JSON. The
 * weights are initial ones: the time does not depend on them.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "@fedace/ace-core/engine";
import type { EngineName } from "@fedace/ace-core/engine";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import type { ModelPreset } from "@fedace/ace-core/protocol";
import { DEFAULT_OVERLAP, predictProbabilities, windowOrigins } from "@fedace/ace-core/training";
import { predict } from "@fedace/site-client";
import type { PredictModel } from "@fedace/site-client";

export interface PredictRequest {
  readonly engine: string;
  readonly threads: number;
  readonly preset: ModelPreset;
  /** Voxels per side of a window. */
  readonly side: number;
  /** mm, the same along all axes. */
  readonly spacing: number;
  /** BIDS suffix and file of each input. */
  readonly inputs: readonly (readonly [string, string])[];
  /** Where to leave the prepared image for PyTorch, with a `.json` beside it that describes it. */
  readonly prepared?: string;
}

export interface PredictReport {
  /** In the network and the windows around it. */
  readonly networkSeconds: number;
  /** With reading, resampling and writing. */
  readonly seconds: number;
  readonly windows: number;
  readonly size: readonly number[];
  readonly rssBytes: number;
  readonly peakBytes: number | null;
}

const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];

const request = JSON.parse(process.argv[2] ?? "{}") as PredictRequest;
const spec = modelSpec({ preset: request.preset }, request.inputs.length, CLASSES.length);
const weights = initialise(spec, 0);
const patch = [request.side, request.side, request.side] as const;
const engine = await openEngine({ choice: request.engine as EngineName, threads: request.threads });
const folder = mkdtempSync(join(tmpdir(), "fedace-bench-"));

let networkSeconds = NaN;
let windows = 0;
let size: readonly number[] = [];
const model: PredictModel = {
  classes: CLASSES,
  inputs: request.inputs.map(([suffix]) => suffix),
  spacing: [request.spacing, request.spacing, request.spacing],
  probabilities: async (input) => {
    const origins = windowOrigins(
      { size: input.size, channels: spec.inputs, data: input.image },
      patch,
      DEFAULT_OVERLAP,
    );
    windows = origins.length;
    size = input.size;
    if (request.prepared !== undefined) {
      writeFileSync(request.prepared, input.image);
      writeFileSync(`${request.prepared}.json`, JSON.stringify({ spec, size, origins, side: request.side }));
    }
    const start = performance.now();
    const result = await predictProbabilities({ ...input, weights, model: spec, patch });
    networkSeconds = (performance.now() - start) / 1000;
    return result;
  },
};
const done = await predict({ model, inputs: new Map(request.inputs), out: join(folder, "labels.nii.gz") });
const report: PredictReport = {
  networkSeconds,
  seconds: done.seconds,
  windows,
  size,
  rssBytes: process.resourceUsage().maxRSS * 1024,
  peakBytes: engine.peakBytes(),
};
rmSync(folder, { recursive: true });
await engine.close();
process.stdout.write(`${JSON.stringify(report)}\n`);

/** `npm run bench -- webgpu`: every kernel of a training step by itself, beside the card's bare multiply-add rate. */
import { parseArgs } from "node:util";
import { openEngine, tf } from "@fedace/ace-core/engine";
import { runnerOf, shader } from "@fedace/ace-core/engine/webgpu";
import type { TfjsWebgpu } from "@fedace/ace-core/engine/webgpu";
import { modelSpec } from "@fedace/ace-core/model";
import type { ModelPreset } from "@fedace/ace-core/protocol";
import type { Precision } from "@fedace/ace-core/engine/ops";
import type { Benchmark } from "../benchmark.js";
import { caseName, casesOf } from "../engines/cases.js";
import { jobsOf, stockForward } from "./kernels.js";
import type { Job } from "./kernels.js";
import { printProfile, profileStep } from "./profile.js";

/** `7x32` is a batch of 7 patches of 32³. */
const USUAL_SHAPES = "7x32,2x96";

interface Timing {
  readonly what: string;
  readonly milliseconds: number;
  readonly gflops: number | undefined;
  readonly gigabytesPerSecond: number;
}

/** Milliseconds of one run, of many recorded together; a first one compiles. One value is read, which waits for all. */
async function time(run: () => tf.Tensor | tf.Tensor[], repeats: number): Promise<number> {
  const once = async (count: number): Promise<number> => {
    const start = performance.now();
    let last: tf.Tensor | undefined;
    for (let i = 0; i < count; i++) {
      last?.dispose();
      last = tf.tidy(() => {
        const result = run();
        const tensor = Array.isArray(result) ? result[0] : result;
        if (tensor === undefined) throw new TypeError("a kernel made nothing");
        return tf.slice(tf.reshape(tensor, [-1]), 0, 1);
      });
    }
    await last?.data();
    last?.dispose();
    return (performance.now() - start) / count;
  };
  await once(1);
  return Math.min(await once(repeats), await once(repeats), await once(repeats));
}

async function measure(job: Job, repeats: number): Promise<Timing> {
  const { run, inputs } = job.prepare();
  const milliseconds = await time(run, repeats);
  tf.dispose(inputs);
  const { what, gflop, gigabytes } = job;
  return {
    what,
    milliseconds,
    gflops: gflop === undefined ? undefined : (gflop / milliseconds) * 1000,
    gigabytesPerSecond: (gigabytes / milliseconds) * 1000,
  };
}

/** GFLOP/s of independent multiply-adds in registers: what the card does at best. */
async function bareRate(groups: number, rounds: number, repeats: number): Promise<number> {
  const [threads, chains] = [256, 8];
  const each = (line: (i: number) => string): string => Array.from({ length: chains }, (_, i) => line(i)).join("\n");
  const program = shader({
    label: "bare multiply-add",
    reads: { x: "f32" },
    writes: { y: "f32" },
    threads,
    groups,
    body: `
  let factor = x[0];
  ${each((i) => `var a${i} = vec4<f32>(f32(lane) + ${i}.0);`)}
  for (var i = 0u; i < ${rounds}u; i++) {
    ${each((i) => `a${i} = a${i} * factor + factor;`)}
  }
  let sum = ${Array.from({ length: chains }, (_, i) => `a${i}`).join(" + ")};
  y[group * ${threads}u + lane] = sum.x + sum.y + sum.z + sum.w;`,
  });
  const runner = runnerOf(tf.backend() as unknown as TfjsWebgpu);
  const x = tf.scalar(0.5);
  const milliseconds = await time(() => {
    const y = runner.make([groups * threads]);
    runner.run(program, [x], [y]);
    return tf.engine().makeTensorFromTensorInfo(y);
  }, repeats);
  x.dispose();
  return (groups * threads * rounds * chains * 4 * 2) / milliseconds / 1e6;
}

function line({ what, milliseconds, gflops, gigabytesPerSecond }: Timing, bare: number): string {
  const share = gflops === undefined ? "" : `${((100 * gflops) / bare).toFixed(1)} %`;
  return [
    what.padEnd(46),
    milliseconds.toFixed(3).padStart(10),
    (gflops?.toFixed(gflops < 10 ? 2 : 0) ?? "").padStart(10),
    share.padStart(9),
    gigabytesPerSecond.toFixed(1).padStart(10),
  ].join("");
}

async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      preset: { type: "string", default: "paper" },
      shapes: { type: "string", default: USUAL_SHAPES },
      repeats: { type: "string", default: "10" },
      rounds: { type: "string", default: "4096" },
      profile: { type: "string" },
      precision: { type: "string", default: "float32" },
      dawn: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const repeats = Number(values.repeats);
  if (values.profile !== undefined) {
    for (const item of casesOf(values.profile)) {
      for (const precision of values.precision.split(",")) {
        const profile = await profileStep(item, precision as Precision, repeats, values.dawn?.split(";") ?? []);
        printProfile(`${caseName(item)}, ${precision}`, profile);
      }
    }
    return;
  }
  const engine = await openEngine({ choice: "webgpu" });
  const say = (text: string): void => void process.stdout.write(values.json ? "" : `${text}\n`);
  try {
    const spec = modelSpec({ preset: values.preset as ModelPreset }, 2, 5);
    const bare = await bareRate(1024, Number(values.rounds), repeats);
    say(`${engine.reason}\nbare multiply-add: ${bare.toFixed(0)} GFLOP/s`);
    const cases: { shape: string; timings: Timing[] }[] = [];
    for (const shape of values.shapes.split(",")) {
      const [batch = 1, side = 32] = shape.split("x").map(Number);
      say(`\n${values.preset} ${shape}³`.padEnd(48) + "ms    GFLOP/s  of bare      GB/s");
      const jobs = [
        stockForward(batch, side, spec.filters),
        ...jobsOf(spec, batch, side, "float32"),
        ...(engine.mixedPrecision ? jobsOf(spec, batch, side, "mixed") : []),
      ];
      const timings: Timing[] = [];
      for (const job of jobs) {
        const timing = await measure(job, repeats);
        timings.push(timing);
        say(line(timing, bare));
      }
      cases.push({ shape, timings });
    }
    say(`\npeak memory: ${Math.ceil(engine.peakBytes() / 2 ** 20)} MiB`);
    if (values.json) process.stdout.write(`${JSON.stringify({ engine: engine.reason, bare, cases }, undefined, 2)}\n`);
  } finally {
    await engine.close();
  }
}

export const webgpuBenchmark: Benchmark = {
  summary: "every kernel of the webgpu engine by itself, beside the device's bare multiply-add rate",
  options: [
    "--preset NAME    the network whose shapes are taken (paper)",
    `--shapes LIST    batches and sides of patches (${USUAL_SHAPES})`,
    "--repeats N      runs per measurement (10)",
    "--rounds N       length of the multiply-add loop (4096)",
    "--profile CASES  where the time of a training step goes instead, such as small:7x32,paper:7x32",
    "--precision LIST of these steps: float32 (default), mixed or both",
    "--dawn OPTIONS   of Dawn for these steps, with ; between: enable-dawn-features=disable_robustness",
    "--json           all figures as JSON",
  ],
  run,
};

/** Where a training step's time goes on the webgpu engine: each shader's on the device, and the host's to record it all. */
import { tf } from "@fedace/ace-core/engine";
import type { Precision } from "@fedace/ace-core/engine/ops";
import {
  DAWN_OPTIONS,
  loadDawn,
  openBackend,
  registerWebgpuKernels,
  requestDevice,
  watchDevice,
  WEBGPU_BACKEND,
} from "@fedace/ace-core/engine/webgpu";
import type { Case } from "../engines/cases.js";
import { median } from "../engines/compete.js";
import { problem } from "../engines/problem.js";
import { startTraining } from "../engines/step.js";
import { timeDispatches } from "./stopwatch.js";

interface ShaderTime {
  readonly label: string;
  /** Dispatches of a step. */
  readonly count: number;
  /** Milliseconds of all of them. */
  readonly milliseconds: number;
}

interface Profile {
  /** Milliseconds of a step, from the call to its loss. */
  readonly step: number;
  /** Of these until the last command is recorded. */
  readonly recording: number;
  readonly shaders: readonly ShaderTime[];
}

/** Undisturbed steps first, then some with every dispatch in a pass of its own between two time stamps. */
export async function profileStep(
  { preset, batch, side }: Case,
  precision: Precision,
  repeats: number,
  toggles: readonly string[],
): Promise<Profile> {
  const dawn = await loadDawn();
  // Time stamps are rounded to 100 µs otherwise.
  const gpu = dawn.create([...DAWN_OPTIONS, "disable-dawn-features=timestamp_quantization", ...toggles]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("there is no GPU");
  const device = await requestDevice(adapter);
  const failure = watchDevice(device);
  const { backend, removeGlobals } = openBackend(device, adapter.info, dawn.globals, failure);
  registerWebgpuKernels();
  const watch = timeDispatches(device, dawn.globals);
  tf.registerBackend(WEBGPU_BACKEND, () => backend);
  await tf.setBackend(WEBGPU_BACKEND);
  const training = startTraining(problem({ preset }, batch, [side, side, side], { precision }));
  const run = async (): Promise<readonly [number, number]> => {
    const start = performance.now();
    const loss = training.step();
    const recorded = performance.now() - start;
    await loss;
    return [performance.now() - start, recorded];
  };
  const steps: (readonly [number, number])[] = [];
  for (let i = 0; i < 10 * repeats; i++) steps.push(await run());
  watch.start();
  for (let i = 0; i < repeats; i++) await run();
  const shaders = (await watch.stop()).map(({ label, count, milliseconds }) => ({
    label,
    count: count / repeats,
    milliseconds: milliseconds / repeats,
  }));
  training.dispose();
  failure.expectLoss();
  tf.removeBackend(WEBGPU_BACKEND);
  device.destroy();
  removeGlobals();
  const usual = steps.slice(repeats);
  return { step: median(usual.map(([all]) => all)), recording: median(usual.map(([, part]) => part)), shaders };
}

export function printProfile(title: string, { step, recording, shaders }: Profile): void {
  const sum = shaders.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const count = shaders.reduce((total, part) => total + part.count, 0);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`\n${title}: ${step.toFixed(2)} ms a step, ${recording.toFixed(2)} of them until all is recorded`);
  say(`${"on the device, each dispatch by itself".padEnd(60)}${sum.toFixed(3).padStart(9)} ms ${count} dispatches`);
  for (const { label, count: times, milliseconds } of [...shaders].sort((a, b) => b.milliseconds - a.milliseconds)) {
    say(`${label.padEnd(60)}${milliseconds.toFixed(3).padStart(9)} ms ${times}`);
  }
}

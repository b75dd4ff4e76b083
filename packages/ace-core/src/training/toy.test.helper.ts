import { seededRandom } from "../foundation/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { parsePlan } from "../protocol/index.js";
import type { Plan, PlanInput } from "../protocol/index.js";
import type { Triple } from "./geometry.js";
import type { TrainingCase } from "./types.js";

/** What the tests of this folder share: heads of three nested balls, each with a brightness of its own. */
const CLASSES = ["background", "GM", "WM"];
const space = labelSpace(CLASSES);
export const toyTissue = resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: ["WM"] } }, space);
export const toyLesion = resolveLabelMap({ values: { 0: "rest", 1: ["WM"] } }, space);

export function toyPlan(training: PlanInput["training"] = {}, more: Partial<PlanInput> = {}): Plan {
  return parsePlan({
    name: "toy",
    classes: CLASSES,
    inputs: ["T1w"],
    spacing: [1, 1, 1],
    model: { filters: 4, levels: 2, blocks: 1 },
    training: { patch: [8, 8, 8], batch: 2, steps: 4, ...training },
    rounds: 3,
    ...more,
  });
}

/** Labels 0 outside, 1 in the shell, 2 in the core; brightness follows the label, with noise. */
export function toyCase(
  index: number,
  size: Triple = [12, 13, 14],
  kind: "tissue" | "lesion" = "tissue",
): TrainingCase {
  const random = seededRandom(100 + index);
  const count = size[0] * size[1] * size[2];
  const labels = new Uint8Array(count);
  const image = new Float32Array(count);
  const centre = size.map((side) => side / 2 + random.uniform() - 0.5);
  for (let i = 0; i < count; i++) {
    const at = [Math.floor(i / (size[1] * size[2])), Math.floor(i / size[2]) % size[1], i % size[2]];
    const radius = Math.hypot(...at.map((value, axis) => value - (centre[axis] ?? 0)));
    const tissue = radius < 3 ? 2 : radius < 5 ? 1 : 0;
    labels[i] = kind === "tissue" ? tissue : tissue === 2 ? 1 : 0;
    image[i] = tissue === 0 ? 0 : (tissue === 2 ? 1 : -1) + 0.2 * random.normal();
  }
  return { index, size, channels: 1, image, labels };
}

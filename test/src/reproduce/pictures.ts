import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePicture } from "@fedace/deploy/picture";
import { classesOf } from "@fedace/ace-core/labels";
import type { Plan } from "@fedace/ace-core/protocol";
import { writeNifti } from "@fedace/site-client";
import type { Cases } from "../simulation/index.js";
import { METHODS } from "./methods.js";
import type { MethodId } from "./methods.js";

/** Panels side by side. */
const COLUMNS = 4;

/** Where the segmentations that are shown lie until the report is made, and what is drawn of them. */
export interface Album {
  /** Keeps what a method made of the first case of each test. */
  add(method: MethodId, shown: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Draws the same slice under every method that was added: one picture per test, as PNG. */
  draw(methods: readonly MethodId[]): Promise<{ readonly test: string; readonly png: Uint8Array }[]>;
}

export function openAlbum(out: string, scenario: string, plan: Plan, tests: readonly Cases[]): Album {
  const folder = join(out, "segmentations", scenario);
  const file = (test: string, name: string): string => join(folder, `${test}.${name}.nii.gz`);
  const [r, a, s] = plan.spacing;
  const write = async (test: Cases, name: string, data: Float32Array | Uint8Array, labels: boolean): Promise<void> => {
    const [first] = test.cases;
    if (first === undefined) return;
    const [depth, height, width] = first.size;
    const grid = { size: [width, height, depth] as const, affine: [r, 0, 0, 0, 0, a, 0, 0, 0, 0, s, 0] };
    const type = labels ? "uint8" : "float32";
    await writeNifti(file(test.name, name), { grid, data, type, ...(labels ? { labels } : {}) });
  };
  return {
    add: async (method, shown) => {
      await mkdir(folder, { recursive: true });
      for (const test of tests) {
        const labels = shown[test.name];
        if (labels !== undefined) await write(test, method, labels, true);
      }
    },
    draw: async (methods) => {
      await mkdir(folder, { recursive: true });
      const drawn: { test: string; png: Uint8Array }[] = [];
      for (const test of tests) {
        await write(test, "image", visibleImage(test), false);
        await write(test, "truth", truthOf(test), true);
        const picture = join(out, "plots", `${scenario}-slice-${test.name}.png`);
        await writePicture({
          images: [{ title: plan.inputs[0] ?? "", file: file(test.name, "image") }],
          segmentations: [
            { title: "truth", file: file(test.name, "truth") },
            ...methods.map((id) => ({ title: METHODS[id].short, file: file(test.name, id) })),
          ],
          classes: plan.classes,
          views: ["axial"],
          columns: COLUMNS,
          file: picture,
        });
        drawn.push({ test: test.name, png: await readFile(picture) });
      }
      return drawn;
    },
  };
}

/** The first input of the first case, moved so that the darkest voxel of the brain lies above the 0 outside. */
function visibleImage({ cases: [first] }: Cases): Float32Array {
  if (first === undefined) return new Float32Array();
  const { image, channels } = first;
  const values = Float32Array.from({ length: image.length / channels }, (_, v) => image[v * channels] ?? 0);
  const least = values.reduce((low, value) => Math.min(low, value), 0);
  return values.map((value) => (value === 0 ? 0 : value - least));
}

/** The class of each voxel of the first case, where its label means one. */
function truthOf({ cases: [first], labelMap }: Cases): Uint8Array {
  const meaning = labelMap.sets.map((set) => {
    const [k = 0, ...others] = classesOf(set);
    return others.length === 0 ? k : 0;
  });
  return Uint8Array.from(first?.labels ?? [], (label) => meaning[label] ?? 0);
}

import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SCANNERS, writePhantomArchive } from "@fedace/deploy/phantom";
import type { PhantomKind, Scanner } from "@fedace/deploy/phantom";
import { readStudy } from "../simulation/index.js";
import type { Study } from "../simulation/index.js";
import type { ReproduceOptions } from "./options.js";

/** What is compared on: sites to train on, heads to test on, and the keys of the plan. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly study: Study;
}

/** As many rounds and steps as README advises for unequal archives; the same number of steps for every method. */
const TRAINING = {
  rounds: 25,
  training: { steps: 20, absentPrior: 0 },
  aggregation: { average: { kind: "none" } },
} as const;
/** A fifth of the patches, on voxels of 3 mm. */
const QUICK = { rounds: 12, training: { steps: 20, batch: 3, absentPrior: 0 }, spacing: [3, 3, 3] } as const;

const TISSUE = ["background", "CSF", "GM", "WM"] as const;

interface Part {
  readonly name: string;
  readonly kind: PhantomKind;
  readonly scanner: Scanner;
  readonly subjects: number;
  readonly seed: number;
}

/** The paper's two scenarios, on generated heads: two scanners for training, one of them for the heads that are tested on. */
const GENERATED = [
  {
    id: "white-matter-lesions",
    title: "Tissue + white-matter lesions, T1w and FLAIR",
    inputs: ["T1w", "FLAIR"],
    classes: [...TISSUE, "lesion"],
    lesion: "lesion",
    joint: "joint",
    values: { 0: "rest", 1: ["lesion"] },
  },
  {
    id: "tumour",
    title: "Tissue + tumour (oedema and core), T1w alone",
    inputs: ["T1w"],
    classes: [...TISSUE, "oedema", "core"],
    lesion: "tumour",
    joint: "tumour-joint",
    values: { 0: "rest", 1: ["oedema"], 2: ["core"] },
  },
] as const;

/** The scenarios to run; generated heads are drawn below the output folder, once. */
export async function scenariosOf(options: ReproduceOptions): Promise<Scenario[]> {
  if (options.studies.length === 0) return generated(options);
  const scenarios: Scenario[] = [];
  for (const { id, file } of options.studies) scenarios.push({ id, title: id, study: await readStudy(file) });
  return scenarios;
}

async function generated({ out, quick }: ReproduceOptions): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  const [train, test] = quick ? [4, 3] : [8, 10];
  for (const { id, title, inputs, classes, lesion, joint, values } of GENERATED) {
    const part = (name: string, kind: PhantomKind, subjects: number, seed: number): Part => {
      return { name, kind, subjects, seed, scanner: kind === lesion ? SCANNERS.B : SCANNERS.A };
    };
    const [sick, well, heads] = [
      part("lesion", lesion, train, 11),
      part("tissue", "tissue", train, 12),
      part("joint", joint, test, 13),
    ];
    const folder = join(out, "brains", id);
    for (const one of [sick, well, heads]) await draw(join(folder, one.name), one);
    const all = Object.fromEntries(classes.map((name, k) => [String(k), [name]]));
    scenarios.push({
      id,
      title,
      study: {
        plan: { classes: [...classes], inputs: [...inputs], spacing: [2, 2, 2], ...(quick ? QUICK : TRAINING) },
        sites: [
          { name: sick.name, archive: join(folder, sick.name), labels: { values } },
          { name: well.name, archive: join(folder, well.name), labels: { kind: "tissue" } },
        ],
        tests: [{ name: heads.name, archive: join(folder, heads.name), labels: { values: all } }],
      },
    });
  }
  return scenarios;
}

/** The last file that is written says that all are there. */
async function draw(dir: string, { kind, subjects, seed, scanner }: Part): Promise<void> {
  const done = join(dir, ".drawn");
  const there = await access(done).then(
    () => true,
    () => false,
  );
  if (there) return;
  await mkdir(dir, { recursive: true });
  await writePhantomArchive({ dir, kind, subjects, seed, scanner });
  await writeFile(done, "");
}

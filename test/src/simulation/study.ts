import { dirname, resolve } from "node:path";
import { readYaml } from "@fedace/ace-core/host";
import { labelMapSchema, labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { TrainingCase } from "@fedace/ace-core/training";
import { loadArchive } from "@fedace/site-client";
import { z } from "zod";

/** Some cases of an archive, and what its labels mean. */
const part = z.strictObject({
  name: z.string(),
  /** Folder, as seen from the study's own. */
  archive: z.string(),
  labels: labelMapSchema,
  /** Numbers of the cases, from 1 in the order of their names; without it all. */
  cases: z.array(z.int().min(1)).optional(),
  /** Images of the plan's inputs that are treated as if they were missing; the plan must have training.dropInputs. */
  lacks: z.array(z.string()).optional(),
});

/** What is trained and tested on, as a YAML file says it. */
const studySchema = z.strictObject({
  sites: z.array(part).min(1),
  tests: z.array(part).min(1),
  /** Keys of the plan, which `--set` may change. */
  plan: z.record(z.string(), z.unknown()),
});
export type Study = z.output<typeof studySchema>;

/** Cases of one archive in memory. */
export interface Cases {
  readonly name: string;
  readonly labelMap: LabelMap;
  readonly cases: readonly TrainingCase[];
}

/** @throws TypeError where the file cannot be used */
export async function readStudy(file: string): Promise<Study> {
  const unusable = (message: string, cause: unknown): Error => new TypeError(message, { cause });
  const study = studySchema.parse(await readYaml(file, "The study", { unreadable: unusable, malformed: unusable }));
  const here = (entry: Study["sites"][number]): Study["sites"][number] => ({
    ...entry,
    archive: resolve(dirname(file), entry.archive),
  });
  return { ...study, sites: study.sites.map(here), tests: study.tests.map(here) };
}

/** Reads the cases of one part of a study as the plan wants them. */
export async function loadCases(entry: Study["sites"][number], plan: Plan): Promise<Cases> {
  const labelMap = resolveLabelMap(entry.labels, labelSpace(plan.classes));
  const loaded = await loadArchive(entry.archive, {
    inputs: plan.inputs,
    mayLack: mayLack(plan),
    spacing: plan.spacing,
    labelMap,
  });
  for (const { name, reason } of loaded.skipped) console.log(`${name} is left out: ${reason}`);
  const wanted = entry.cases;
  const cases = wanted === undefined ? loaded.cases : wanted.flatMap((number) => loaded.cases[number - 1] ?? []);
  return { name: entry.name, labelMap, cases: cases.map((item) => without(item, plan, entry.lacks ?? [])) };
}

/** A case as if these of its images were missing. */
function without(item: TrainingCase, plan: Plan, images: readonly string[]): TrainingCase {
  if (images.length === 0) return item;
  if (!mayLack(plan))
    throw new TypeError("the study has a site that lacks images; the plan has no training.dropInputs");
  const image = Float32Array.from(item.image);
  for (const name of images) {
    const input = plan.inputs.indexOf(name);
    if (input < 0) throw new TypeError(`${name} is none of the plan's inputs`);
    for (let at = 0; at < image.length; at += item.channels) {
      image[at + input] = 0;
      image[at + plan.inputs.length + input] = 0;
    }
  }
  return { ...item, image };
}

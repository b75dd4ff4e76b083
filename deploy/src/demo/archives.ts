import { join, resolve } from "node:path";
import { SCANNERS, writePhantomArchive } from "../phantom/index.js";
import type { Scanner } from "../phantom/index.js";
import type { SiteArchive } from "../federation/index.js";
import type { DemoOptions } from "./options.js";

export interface DemoArchives {
  readonly sites: readonly SiteArchive[];
  /** Labelled for everything; no site sees it. */
  readonly test: string;
}

/** The generated federation: enough brains to learn from, few enough to be drawn in seconds. */
const PHANTOM_SITES: readonly { name: string; kind: "tissue" | "lesion"; subjects: number; scanner: Scanner }[] = [
  { name: "tissue-a", kind: "tissue", subjects: 4, scanner: SCANNERS.A },
  { name: "tissue-b", kind: "tissue", subjects: 4, scanner: SCANNERS.B },
  { name: "lesion", kind: "lesion", subjects: 5, scanner: SCANNERS.C },
];
const TEST_SUBJECTS = 2;
/** The test brains come from a seed of their own, so none of them is in a site's archive. */
const TEST_SEED_OFFSET = 1000;

/** The archives to train and test on: those given, or phantoms drawn below `dir`. */
export async function demoArchives(options: DemoOptions, dir: string): Promise<DemoArchives> {
  if (options.test !== undefined) {
    const sites = (kind: "tissue" | "lesion"): SiteArchive[] =>
      options[kind].map((archive, i) => ({ name: `${kind}-${i + 1}`, kind, archive: resolve(archive) }));
    return { sites: [...sites("tissue"), ...sites("lesion")], test: resolve(options.test) };
  }
  const sites: SiteArchive[] = [];
  for (const [i, { name, kind, subjects, scanner }] of PHANTOM_SITES.entries()) {
    const archive = join(dir, name);
    await writePhantomArchive({ dir: archive, kind, subjects, scanner, seed: options.seed + i });
    sites.push({ name, kind, archive });
  }
  const test = join(dir, "test");
  await writePhantomArchive({
    dir: test,
    kind: "joint",
    subjects: TEST_SUBJECTS,
    seed: options.seed + TEST_SEED_OFFSET,
  });
  return { sites, test };
}

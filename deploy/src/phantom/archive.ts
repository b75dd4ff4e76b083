import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seededRandom } from "@fedace/ace-core/foundation";
import { writeNifti, type Grid } from "@fedace/site-client";
import { DEFAULT_PHANTOM_GRID, type Head, type PhantomGrid, type Tissue } from "./grid.js";
import { drawHead, tissueAt, type Disease } from "./head.js";
import { SCANNERS, scanHead, type Scanner } from "./scanner.js";

const TISSUE = { CSF: ["CSF"], GM: ["GM"], WM: ["WM"] } as const;
const TUMOUR = { oedema: ["oedema"], core: ["necrosis", "rim"] } as const;

interface Kind {
  readonly disease: Disease;
  /** What is labelled, 1 and up in this order, and the tissues that it is made of; all else is 0. */
  readonly labels: Readonly<Record<string, readonly Tissue[]>>;
}

/** What an archive holds and what is labelled in it. `joint` and `tumour-joint` are labelled for everything, for tests. */
const KINDS = {
  tissue: { disease: "none", labels: TISSUE },
  lesion: { disease: "lesions", labels: { L: ["L"] } },
  joint: { disease: "lesions", labels: { ...TISSUE, L: ["L"] } },
  tumour: { disease: "tumour", labels: TUMOUR },
  "tumour-joint": { disease: "tumour", labels: { ...TISSUE, ...TUMOUR } },
} as const satisfies Record<string, Kind>;
export type PhantomKind = keyof typeof KINDS;

interface PhantomArchive {
  /** Folder to write; made where it does not exist. */
  readonly dir: string;
  readonly kind: PhantomKind;
  readonly subjects: number;
  readonly seed: number;
  /** Default: scanner A. */
  readonly scanner?: Scanner;
  /** Default: {@link DEFAULT_PHANTOM_GRID}. */
  readonly grid?: PhantomGrid;
  readonly onSubject?: (done: number) => void;
}

const BIDS_VERSION = "1.10.0";

/**
 * Draws heads and writes them as a BIDS archive: `sub-NN/anat/sub-NN_{T1w,FLAIR}.nii.gz` and
 * `derivatives/labels/sub-NN/anat/sub-NN_dseg.nii.gz`. The same arguments give the same bytes of voxels everywhere.
 * @returns the subjects' names (`sub-01`, …)
 */
export async function writePhantomArchive(options: PhantomArchive): Promise<readonly string[]> {
  const { dir, kind, subjects, seed, scanner = SCANNERS.A, grid = DEFAULT_PHANTOM_GRID, onSubject } = options;
  const labels = join(dir, "derivatives", "labels");
  await mkdir(labels, { recursive: true });
  await writeFile(join(dir, "dataset_description.json"), description(`${kind} phantoms`, "raw"));
  await writeFile(join(labels, "dataset_description.json"), description(`${kind} labels`, "derivative"));
  await writeFile(join(labels, "dseg.tsv"), labelTable(kind));
  const names: string[] = [];
  for (let n = 1; n <= subjects; n++) {
    const name = `sub-${String(n).padStart(2, "0")}`;
    const random = seededRandom(seed).fork("phantom", kind, n);
    const head = drawHead(random.fork("head"), KINDS[kind].disease, grid);
    const anat = join(dir, name, "anat");
    const labelAnat = join(labels, name, "anat");
    await mkdir(anat, { recursive: true });
    await mkdir(labelAnat, { recursive: true });
    const place = gridOf(grid);
    for (const suffix of ["T1w", "FLAIR"] as const) {
      const data = scanHead(head, suffix, scanner, random.fork(suffix));
      await writeNifti(join(anat, `${name}_${suffix}.nii.gz`), { grid: place, data, type: "int16" });
    }
    const data = labelsOf(head, KINDS[kind]);
    await writeNifti(join(labelAnat, `${name}_dseg.nii.gz`), { grid: place, data, type: "uint8", labels: true });
    names.push(name);
    onSubject?.(n);
  }
  return names;
}

/** What a site of this kind has drawn of the truth. */
function labelsOf(head: Head, { labels }: Kind): Uint8Array {
  const parts = Object.values(labels);
  const label = (tissue: Tissue): number => parts.findIndex((part) => part.includes(tissue)) + 1;
  return Uint8Array.from(head.mask, (_, v) => {
    const tissue = tissueAt(head, v);
    return tissue === undefined ? 0 : label(tissue);
  });
}

/** RAS+ with the origin in the middle of the grid. */
function gridOf({ size, spacing }: PhantomGrid): Grid {
  const origin = size.map((length) => -((length - 1) / 2) * spacing);
  const [x = 0, y = 0, z = 0] = origin;
  return { size, affine: [spacing, 0, 0, x, 0, spacing, 0, y, 0, 0, spacing, z] };
}

function labelTable(kind: PhantomKind): string {
  const names = Object.keys(KINDS[kind].labels);
  return ["index\tname", ...names.map((name, i) => `${i + 1}\t${name}`), ""].join("\n");
}

function description(name: string, type: "raw" | "derivative"): string {
  const generated = type === "derivative" ? { GeneratedBy: [{ Name: "FedACE phantom" }] } : {};
  return `${JSON.stringify({ Name: name, BIDSVersion: BIDS_VERSION, DatasetType: type, ...generated }, undefined, 2)}\n`;
}

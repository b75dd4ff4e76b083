import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { diceTable } from "@fedace/ace-core/metrics";
import { readNifti } from "@fedace/site-client";
import { runCommand } from "../federation/index.js";

/** One held-out brain after prediction. */
interface ScoredCase {
  readonly images: readonly { readonly title: string; readonly file: string }[];
  readonly truthFile: string;
  readonly predictionFile: string;
  /** Dice per class; null where neither truth nor prediction has the class. */
  readonly dice: Readonly<Record<string, number | null>>;
}

interface ScoreRequest {
  /** A BIDS archive whose label values are the model's class indices. */
  readonly archive: string;
  readonly bundle: string;
  readonly classes: readonly string[];
  readonly inputs: readonly string[];
  readonly engine: string;
  readonly outDir: string;
}

/** Segments every subject of the test archive with `fedace-site predict` and compares with its labels. */
export async function scoreArchive(request: ScoreRequest): Promise<ScoredCase[]> {
  const { archive, bundle, classes, inputs, engine, outDir } = request;
  const subjects = (await readdir(archive)).filter((name) => name.startsWith("sub-")).sort();
  const cases: ScoredCase[] = [];
  for (const subject of subjects) {
    const images = inputs.map((title) => ({
      title,
      file: join(archive, subject, "anat", `${subject}_${title}.nii.gz`),
    }));
    const truthFile = join(archive, "derivatives", "labels", subject, "anat", `${subject}_dseg.nii.gz`);
    const predictionFile = join(outDir, `${subject}_dseg.nii.gz`);
    const flags = images.flatMap(({ title, file }) => ["--input", `${title}=${file}`]);
    await runCommand("site", ["predict", "--model", bundle, ...flags, "--out", predictionFile, "--engine", engine]);
    const [truth, prediction] = await Promise.all([readNifti(truthFile), readNifti(predictionFile)]);
    const dice = diceTable(prediction.data, truth.data, classes.length);
    const named = classes.map((name, k): [string, number | null] => [name, dice[k] ?? null]);
    cases.push({ images, truthFile, predictionFile, dice: Object.fromEntries(named) });
  }
  return cases;
}

/** Mean over the cases in which a class has a Dice; null where none has. */
export function meanDice(cases: readonly ScoredCase[], name: string): number | null {
  const values = cases.flatMap((scored) => scored.dice[name] ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { diceTable } from "@fedace/ace-core/metrics";
import { readNifti } from "@fedace/site-client";
import type { Grid } from "@fedace/site-client";
import { runCommand } from "./processes.js";

/** One held-out brain after prediction. */
export interface ScoredCase {
  readonly subject: string;
  readonly grid: Grid;
  /** T1w voxels, for the picture. */
  readonly image: Float32Array;
  readonly truth: Float32Array;
  readonly prediction: Float32Array;
  readonly predictionFile: string;
  /** Dice per class; null where neither truth nor prediction has the class. */
  readonly dice: Readonly<Record<string, number | null>>;
}

export interface ScoreRequest {
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
    const anat = join(archive, subject, "anat");
    const predictionFile = join(outDir, `${subject}_dseg.nii.gz`);
    const images = inputs.flatMap((suffix) => ["--input", `${suffix}=${join(anat, `${subject}_${suffix}.nii.gz`)}`]);
    await runCommand("site", ["predict", "--model", bundle, ...images, "--out", predictionFile, "--engine", engine]);
    const truth = await readNifti(join(archive, "derivatives", "labels", subject, "anat", `${subject}_dseg.nii.gz`));
    const prediction = await readNifti(predictionFile);
    const image = await readNifti(join(anat, `${subject}_${inputs[0] ?? ""}.nii.gz`));
    cases.push({
      subject,
      grid: truth.grid,
      image: image.data,
      truth: truth.data,
      prediction: prediction.data,
      predictionFile,
      dice: Object.fromEntries(
        diceTable(prediction.data, truth.data, classes.length).map((d, k) => [classes[k] ?? "", d]),
      ),
    });
  }
  return cases;
}

/** Mean over the cases in which a class has a Dice; null where none has. */
export function meanDice(cases: readonly ScoredCase[], name: string): number | null {
  const values = cases.flatMap((scored) => scored.dice[name] ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

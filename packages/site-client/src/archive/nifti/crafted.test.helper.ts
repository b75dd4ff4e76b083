import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { encodeNifti } from "./write.js";

/** Runs `use` with a new folder and removes it afterwards. */
export async function inFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "archive-"));
  try {
    await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A list of fixtures, made by fixtures/generate.py. */
export async function fixture<T>(name: string): Promise<readonly T[]> {
  const text = await readFile(new URL(`../../../fixtures/${name}`, import.meta.url), "utf8");
  return JSON.parse(text) as readonly T[];
}

/** A well-formed int16 image of 4 × 3 × 2 voxels of 2 mm, its header changed by `change`. */
export function crafted(change: (header: DataView) => void = () => undefined): Uint8Array {
  const grid = { size: [4, 3, 2] as const, affine: [2, 0, 0, -3, 0, 2, 0, -2, 0, 0, 2, -1] };
  const bytes = encodeNifti({ grid, data: Array.from({ length: 24 }, (_, i) => i), type: "int16" });
  change(new DataView(bytes.buffer));
  return bytes;
}

/** Writes bytes to a file of this name and gives its path. */
export async function stored(dir: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
}

/** For `assert.rejects`: an error with this code, a message that `says` something, and a remedy. */
export function coded(code: string, says?: RegExp): (error: unknown) => boolean {
  return (error) =>
    isFedaceError(error, code) && error.remedy !== "" && (says === undefined || says.test(error.message));
}

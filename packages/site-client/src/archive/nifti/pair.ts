import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { siteError } from "../../errors.js";

const HALF = /\.(hdr|img)(\.gz)?$/i;

/** The two files of an image that is stored as a pair. */
interface NiftiPair {
  readonly header: string;
  readonly voxels: string;
}

/**
 * The pair that a file is one half of, told by its name; undefined for a name that is not a half's.
 * @param name what to call the file in messages
 * @throws NIFTI_PAIR where the other half is missing
 */
export async function pairOf(path: string, name: string): Promise<NiftiPair | undefined> {
  const half = HALF.exec(path)?.[1]?.toLowerCase();
  if (half === undefined) return undefined;
  const wanted = half === "hdr" ? "img" : "hdr";
  const base = basename(path).replace(HALF, "");
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const other = names.find(
    (entry) => HALF.exec(entry)?.[1]?.toLowerCase() === wanted && entry.replace(HALF, "") === base,
  );
  if (other === undefined) {
    throw siteError("NIFTI_PAIR", `${name} is one half of a .hdr and .img pair; the .${wanted} is not beside it`);
  }
  const partner = join(dirname(path), other);
  return half === "hdr" ? { header: path, voxels: partner } : { header: partner, voxels: path };
}

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { siteError } from "../errors.js";

/** A file of the archive: where it is, and its path inside the archive for messages. */
export interface ArchiveFile {
  readonly path: string;
  readonly name: string;
}

/** The files of one case: one session of one subject. */
export interface CaseFiles {
  /** From 1, in the order of names: what may leave this machine in place of the name. */
  readonly number: number;
  /** The subject's folder, with its session's where there is one: for local eyes only. */
  readonly name: string;
  /** One per input, in the plan's order. */
  readonly images: readonly ArchiveFile[];
  readonly labels: ArchiveFile;
  /** A brain mask, where a derivative has one. */
  readonly mask?: ArchiveFile;
}

/** A case that is left out, and why. Names and reasons stay at the site. */
export interface SkippedCase {
  readonly number: number;
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Entries of one folder: ten times the subjects of the largest imaging studies. */
export const MAX_FOLDER_ENTRIES = 1_000_000;

const SUBJECT = /^sub-./;
const SESSION = /^ses-./;
const IMAGE = /\.nii(\.gz)?$/;

/** One subject's or session's `anat` folder, and the folders of the same name under each derivative. */
export interface AnatFolder {
  readonly number: number;
  readonly name: string;
  readonly files: readonly ArchiveFile[];
  readonly derivatives: readonly ArchiveFile[];
}

/**
 * Lists the anat folders of a BIDS archive: `sub-*` / [`ses-*`] / `anat`, and the same below each
 * `derivatives` / `*`. No other folder is entered, so nothing loops; symbolic links are followed.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES
 */
export async function listAnatFolders(dir: string, signal?: AbortSignal): Promise<readonly AnatFolder[]> {
  const info = await stat(dir).catch(() => undefined);
  if (info?.isDirectory() !== true) throw siteError("ARCHIVE_NOT_FOUND", `${dir} is not a folder that can be read`);
  const subjects = await subjectFolders(dir, "");
  const pipelines = await Promise.all(
    (await entries(join(dir, "derivatives"))).map((pipeline) => subjectFolders(dir, `derivatives/${pipeline}/`)),
  );
  const folders: AnatFolder[] = [];
  for (const [subject, place] of [...subjects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    signal?.throwIfAborted();
    const sessions = (await entries(join(dir, place))).filter((entry) => SESSION.test(entry)).sort();
    for (const session of ["", ...sessions]) {
      const files = await imagesIn(dir, `${place}/${session === "" ? "" : `${session}/`}anat`);
      if (files.length === 0 && session === "" && sessions.length > 0) continue;
      const derived = await Promise.all(
        pipelines.map(async (known) => {
          const folder = known.get(subject);
          return folder === undefined ? [] : derivedImages(dir, folder, session);
        }),
      );
      const name = session === "" ? subject : `${subject}/${session}`;
      folders.push({ number: folders.length + 1, name, files, derivatives: derived.flat() });
    }
  }
  return folders;
}

/** Subject folders by name. The same name may be composed or decomposed Unicode in two folders: copies do that. */
async function subjectFolders(dir: string, inside: string): Promise<ReadonlyMap<string, string>> {
  const names = (await entries(join(dir, inside))).filter((entry) => SUBJECT.test(entry));
  return new Map(names.map((name) => [name.normalize("NFC"), `${inside}${name}`]));
}

/** Derivatives name sessions alike, but for Unicode. */
async function derivedImages(dir: string, folder: string, session: string): Promise<readonly ArchiveFile[]> {
  if (session === "") return imagesIn(dir, `${folder}/anat`);
  const same = (await entries(join(dir, folder))).find((entry) => entry.normalize("NFC") === session.normalize("NFC"));
  return same === undefined ? [] : imagesIn(dir, `${folder}/${same}/anat`);
}

async function imagesIn(dir: string, folder: string): Promise<readonly ArchiveFile[]> {
  const names = (await entries(join(dir, folder))).filter((entry) => /\.(nii(\.gz)?|hdr|img)$/.test(entry)).sort();
  return names.map((name) => ({ path: join(dir, folder, name), name: `${folder}/${name}` }));
}

/** Names in a folder; none where there is no such folder or it may not be read. */
async function entries(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > MAX_FOLDER_ENTRIES) {
    throw siteError("ARCHIVE_TOO_MANY_ENTRIES", `${folder} holds ${names.length} entries`);
  }
  return names;
}

/** The BIDS suffix of a NIfTI file: what stands between the last underscore and the extension. */
export function suffixOf(file: ArchiveFile): string | undefined {
  return IMAGE.test(file.name) ? /_([^_/]+)\.nii(\.gz)?$/.exec(file.name)?.[1] : undefined;
}

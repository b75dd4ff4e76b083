import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { siteError } from "../errors.js";
import { volumeBase } from "./formats.js";
import { strangeName } from "./strays.js";

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
  /** One per input that is there, in the plan's order. */
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
const MAX_FOLDER_ENTRIES = 1_000_000;

const SUBJECT = /^sub-./;
const SESSION = /^ses-./;
/** The halves of an image that is stored as two files. */
const HEADER = /\.hdr(\.gz)?$/i;
const VOXELS = /\.img(\.gz)?$/i;

/** One subject's or session's `anat` folder, and the folders of the same name under each derivative. */
export interface AnatFolder {
  readonly number: number;
  readonly name: string;
  readonly files: readonly ArchiveFile[];
  readonly derivatives: readonly ArchiveFile[];
  /** Files that look like images of the case, but are not where or what they should be. */
  readonly strays: readonly Stray[];
}

/** A file that is not used, and why. */
export interface Stray {
  readonly name: string;
  readonly why: string;
}

/**
 * Lists the anat folders of a BIDS archive: `sub-*` / [`ses-*`] / `anat`, and the same below each
 * `derivatives` / `*`. No other folder is entered, so nothing loops; symbolic links are followed. Hidden files (such
 * as the `._` ones that macOS leaves on network drives) do not count.
 * @param maxEntries bound on the entries of one folder
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES
 */
export async function listAnatFolders(
  dir: string,
  signal?: AbortSignal,
  maxEntries: number = MAX_FOLDER_ENTRIES,
): Promise<readonly AnatFolder[]> {
  const info = await stat(dir).catch(() => undefined);
  if (info?.isDirectory() !== true) throw siteError("ARCHIVE_NOT_FOUND", `${dir} is not a folder that can be read`);
  const list = folderLister(maxEntries);
  const subjects = await subjectFolders(list, dir, "");
  const pipelines = await Promise.all(
    (await list.folders(join(dir, "derivatives"))).map((name) => subjectFolders(list, dir, `derivatives/${name}/`)),
  );
  const folders: AnatFolder[] = [];
  for (const [subject, place] of [...subjects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    signal?.throwIfAborted();
    const sessions = (await list.folders(join(dir, place))).filter((entry) => SESSION.test(entry)).sort();
    for (const session of ["", ...sessions]) {
      const home = session === "" ? place : `${place}/${session}`;
      const { files, strays } = await imagesIn(list, dir, home);
      if (files.length + strays.length === 0 && session === "" && sessions.length > 0) continue;
      const derived = await Promise.all(
        pipelines.map(async (known) => {
          const folder = known.get(subject);
          return folder === undefined ? [] : derivedImages(list, dir, folder, session);
        }),
      );
      const name = session === "" ? subject : `${subject}/${session}`;
      folders.push({ number: folders.length + 1, name, files, derivatives: derived.flat(), strays });
    }
  }
  return folders;
}

/** Names in a folder, hidden ones left out; none where there is no such folder or it may not be read. */
interface Lister {
  readonly folders: (folder: string) => Promise<readonly string[]>;
  readonly files: (folder: string) => Promise<readonly string[]>;
}

function folderLister(maxEntries: number): Lister {
  const list = async (folder: string, wanted: "folders" | "files"): Promise<readonly string[]> => {
    const handle = await opendir(folder).catch(() => undefined);
    if (handle === undefined) return [];
    const names: string[] = [];
    let seen = 0;
    for await (const entry of handle) {
      if (++seen > maxEntries) {
        throw siteError("ARCHIVE_TOO_MANY_ENTRIES", `${folder} holds more than ${maxEntries} entries`);
      }
      if (entry.name.startsWith(".")) continue;
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(folder, entry.name)) : entry.isDirectory();
      if (isFolder === (wanted === "folders")) names.push(entry.name);
    }
    return names;
  };
  return { folders: (folder) => list(folder, "folders"), files: (folder) => list(folder, "files") };
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** Subject folders by name. The same name may be composed or decomposed Unicode in two folders: copies do that. */
async function subjectFolders(list: Lister, dir: string, inside: string): Promise<ReadonlyMap<string, string>> {
  const names = (await list.folders(join(dir, inside))).filter((entry) => SUBJECT.test(entry));
  return new Map(names.map((name) => [name.normalize("NFC"), `${inside}${name}`]));
}

/** Derivatives name sessions alike, but for Unicode. */
async function derivedImages(
  list: Lister,
  dir: string,
  folder: string,
  session: string,
): Promise<readonly ArchiveFile[]> {
  if (session === "") return volumesIn(list, dir, `${folder}/anat`);
  const sessions = await list.folders(join(dir, folder));
  const same = sessions.find((entry) => entry.normalize("NFC") === session.normalize("NFC"));
  return same === undefined ? [] : volumesIn(list, dir, `${folder}/${same}/anat`);
}

/** The images below a subject's or session's folder, and what lies beside them. */
async function imagesIn(
  list: Lister,
  dir: string,
  home: string,
): Promise<{ files: readonly ArchiveFile[]; strays: readonly Stray[] }> {
  const inAnat = [...(await list.files(join(dir, home, "anat")))].sort();
  const beside = await volumesIn(list, dir, home);
  const strays = inAnat.flatMap((name) => {
    const why = strangeName(name);
    return why === undefined ? [] : [{ name: `${home}/anat/${name}`, why }];
  });
  const outside = beside.map(({ name }) => ({ name, why: "lies outside anat/ and is not used" }));
  return { files: await volumesIn(list, dir, `${home}/anat`), strays: [...strays, ...outside] };
}

/** Files whose names are those of a format of scans; of a pair, the header alone. */
async function volumesIn(list: Lister, dir: string, folder: string): Promise<readonly ArchiveFile[]> {
  const names = (await list.files(join(dir, folder))).filter((name) => volumeBase(name) !== undefined).sort();
  const headers = new Set(names.filter((name) => HEADER.test(name)).map(volumeBase));
  const whole = names.filter((name) => !(VOXELS.test(name) && headers.has(volumeBase(name))));
  return whole.map((name) => ({ path: join(dir, folder, name), name: `${folder}/${name}` }));
}

/** The BIDS suffix of an image: what stands between the last underscore and the ending. */
export function suffixOf(file: ArchiveFile): string | undefined {
  return /_([^_/]+)$/.exec(volumeBase(file.name) ?? "")?.[1];
}

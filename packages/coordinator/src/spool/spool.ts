import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileDigest, makeFolder, PRIVATE, renameDurably, writeFully } from "@fedace/ace-core/host";

/** Which upload: one per run, round and site. */
interface UploadId {
  readonly run: string;
  readonly round: number;
  readonly site: string;
}

/**
 * The uploads of open rounds. `run/round/site.part` holds the bytes received so far. Once all are there the file is
 * sealed: it gets the name `run/round/site.SHA256.safetensors` and nothing is ever written to it again, so that what
 * was verified is what is averaged. Whether it counts is the database's to say. Names of runs and sites are identifiers
 * of the protocol, without dots and separators.
 */
export class Spool {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Where the sealed upload of a site lies. */
  path({ run, round, site }: UploadId, sha256: string): string {
    return join(this.#folder(run, round), `${site}.${sha256}.safetensors`);
  }

  /**
   * Makes room for an upload and removes what is left of others of the same site in the same round.
   *
   * @param keep whether bytes that have arrived already are the beginning of this upload.
   * @returns the number of bytes that are there.
   */
  async begin(id: UploadId, sha256: string, bytes: number, keep: boolean): Promise<number> {
    const folder = this.#folder(id.run, id.round);
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      const own = name.startsWith(`${id.site}.`);
      if (own && name !== `${id.site}.part` && name !== `${id.site}.${sha256}.safetensors`) {
        await rm(join(folder, name), { force: true });
      }
    }
    if ((await sizeOf(this.path(id, sha256))) === bytes) return bytes;
    await rm(this.path(id, sha256), { force: true });
    const size = await sizeOf(this.#part(id));
    if (keep && size <= bytes) return size;
    await rm(this.#part(id), { force: true });
    return 0;
  }

  /**
   * Writes bytes behind those that are there.
   *
   * @param offset number of bytes that must be there; nothing is written where there are more or fewer.
   * @returns whether it was written, and the number of bytes there now; `undefined` if the round has no folder any more.
   */
  async append(
    id: UploadId,
    offset: number,
    bytes: Uint8Array,
  ): Promise<{ readonly written: boolean; readonly size: number } | undefined> {
    const file = await open(this.#part(id), "a", PRIVATE.file).catch(absent);
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      if (size !== offset) return { written: false, size };
      await writeFully(file, bytes);
      return { written: true, size: offset + bytes.byteLength };
    } finally {
      await file.close();
    }
  }

  /**
   * Closes a complete upload for good: durable, under the name of its digest, which is yet to be verified.
   *
   * @returns the number of bytes there are, which may not be `bytes`: then nothing has happened.
   */
  async seal(id: UploadId, sha256: string, bytes: number): Promise<number> {
    const sealed = this.path(id, sha256);
    if ((await sizeOf(sealed)) === bytes) return bytes;
    const file = await open(this.#part(id), "r+").catch(absent);
    if (file === undefined) return 0;
    try {
      const { size } = await file.stat();
      if (size !== bytes) return size;
    } finally {
      await file.close();
    }
    await renameDurably(this.#part(id), sealed);
    return bytes;
  }

  /** Forgets a sealed upload. */
  async remove(id: UploadId, sha256: string): Promise<void> {
    await rm(this.path(id, sha256), { force: true });
  }

  /**
   * The sites whose counted update is missing, or is not what was counted: every byte is read. What has rotted is
   * removed, to be uploaded again.
   *
   * @throws the signal's reason
   */
  async lost(
    run: string,
    round: number,
    counted: readonly { readonly site: string; readonly sha256: string }[],
    signal: AbortSignal,
  ): Promise<string[]> {
    const lost: string[] = [];
    for (const { site, sha256 } of counted) {
      signal.throwIfAborted();
      const id = { run, round, site };
      if ((await fileDigest(this.path(id, sha256)).catch(absent)) === sha256) continue;
      await this.remove(id, sha256);
      lost.push(site);
    }
    return lost;
  }

  /** Removes the uploads of a run but for those of its open round, if it has one. */
  async keepOnly(run: string, round: number | undefined): Promise<void> {
    const folder = join(this.#root, run);
    if (round === undefined) return rm(folder, { recursive: true, force: true });
    for (const name of (await readdir(folder).catch(absent)) ?? []) {
      if (name !== String(round)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  /** The runs of which there are uploads. What is no folder is not ours, and left alone. */
  async runs(): Promise<string[]> {
    const entries = await readdir(this.#root, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  }

  /**
   * Gives the files of a round that version 0.1.0 has left their names of today.
   *
   * @param counted digest of each site's update that counts.
   */
  async adopt(run: string, round: number, counted: ReadonlyMap<string, string>): Promise<void> {
    const folder = this.#folder(run, round);
    for (const name of (await readdir(folder).catch(absent)) ?? []) {
      const site = /^([a-z0-9-]+)\.safetensors$/.exec(name)?.[1];
      if (site === undefined) continue;
      const id = { run, round, site };
      const sha256 = counted.get(site);
      await rename(join(folder, name), sha256 === undefined ? this.#part(id) : this.path(id, sha256));
    }
  }

  #folder(run: string, round: number): string {
    return join(this.#root, run, String(round));
  }

  #part({ run, round, site }: UploadId): string {
    return join(this.#folder(run, round), `${site}.part`);
  }
}

/** Bytes of a file; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(absent))?.size ?? 0;
}

/** For `catch`: undefined where there is no such file or folder, everything else is an error. */
function absent(error: unknown): undefined {
  if ((error as { code?: unknown }).code === "ENOENT") return undefined;
  throw error;
}

import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Which upload: one per run, round and site. */
export interface UploadId {
  readonly run: string;
  readonly round: number;
  readonly site: string;
}

/** Only the coordinator's account may read updates. */
const PRIVATE = { file: 0o600, folder: 0o700 };

/**
 * The uploads of open rounds as files `run/round/site.safetensors`. A file holds the bytes received so far; whether
 * they count is the database's to say. Names of runs and sites are identifiers of the protocol, without separators.
 */
export class Spool {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  path({ run, round, site }: UploadId): string {
    return join(this.#root, run, String(round), `${site}.safetensors`);
  }

  /** Bytes that are there; 0 where there is no file. */
  async size(id: UploadId): Promise<number> {
    try {
      return (await stat(this.path(id))).size;
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOENT") return 0;
      throw error;
    }
  }

  /**
   * Writes bytes behind those that are there.
   *
   * @param offset number of bytes that must be there; nothing is written where there are more or fewer.
   * @returns whether it was written, and the number of bytes there now.
   */
  async append(
    id: UploadId,
    offset: number,
    bytes: Uint8Array,
  ): Promise<{ readonly written: boolean; readonly size: number }> {
    const path = this.path(id);
    if (offset === 0) await mkdir(dirname(path), { recursive: true, mode: PRIVATE.folder });
    const file = await open(path, "a", PRIVATE.file);
    try {
      const { size } = await file.stat();
      if (size !== offset) return { written: false, size };
      await file.writeFile(bytes);
      return { written: true, size: offset + bytes.byteLength };
    } finally {
      await file.close();
    }
  }

  /** Makes what was written durable. */
  async sync(id: UploadId): Promise<void> {
    const file = await open(this.path(id), "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async remove(id: UploadId): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  async removeRound(run: string, round: number): Promise<void> {
    await rm(join(this.#root, run, String(round)), { recursive: true, force: true });
  }

  /** Removes every upload but those of `open` rounds (run → round). */
  async sweep(open: ReadonlyMap<string, number>): Promise<void> {
    for (const run of await readdir(this.#root)) {
      for (const round of await readdir(join(this.#root, run))) {
        if (String(open.get(run) ?? "") === round) continue;
        await rm(join(this.#root, run, round), { recursive: true, force: true });
      }
      if (!open.has(run)) await rm(join(this.#root, run), { recursive: true, force: true });
    }
  }
}

import { createHash, randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder, PRIVATE, syncFolder } from "./folders.js";

/** Most bytes of one write: the system takes no more than 2 GiB at once, and less lets others have their turn. */
const WRITE_BYTES = 64 * 2 ** 20;
/** How the name of a file in the making ends. */
const DRAFT_ENDING = ".part";

/** What was written: the SHA-256 of the bytes, lower-case hex, and how many there are. */
export interface Written {
  readonly sha256: string;
  readonly bytes: number;
}

/** A file in the making, under a name of its own in the folder it was begun in. */
interface Draft {
  append(bytes: Uint8Array): Promise<void>;
  /** What there is so far. */
  written(): Written;
  /**
   * Gives it its name, which is to be on the same file system. Whole and on the disk when this resolves, with the name,
   * the folder, and the folders above that had to be made; what was there under that name is replaced, a link too.
   */
  commit(path: string): Promise<Written>;
  /** Forgets it; does nothing after `commit`. */
  discard(): Promise<void>;
}

/** Whether a file of a folder was in the making when its process ended. */
export function isDraft(name: string): boolean {
  return name.endsWith(DRAFT_ENDING);
}

/** Writes all of `bytes`: the system may take fewer at once than it is given. */
export async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const length = Math.min(WRITE_BYTES, bytes.byteLength - done);
    done += (await file.write(bytes, done, length)).bytesWritten;
  }
}

/**
 * Begins a file in a folder that is there.
 *
 * @param stem what the temporary name begins with
 * @param mode permissions; default: this account alone
 */
export async function beginDraft(folder: string, stem: string, mode: number = PRIVATE.file): Promise<Draft> {
  const temporary = join(folder, `${stem}.${randomBytes(6).toString("hex")}${DRAFT_ENDING}`);
  const hash = createHash("sha256");
  let bytes = 0;
  // "x": an existing file or link of that name is somebody else's.
  let file: FileHandle | undefined = await open(temporary, "wx", mode);
  const close = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close();
  };
  const written = (): Written => ({ sha256: hash.copy().digest("hex"), bytes });
  return {
    append: async (part) => {
      if (file === undefined) throw new Error("the file is closed");
      await writeFully(file, part);
      for (let at = 0; at < part.byteLength; at += WRITE_BYTES) hash.update(part.subarray(at, at + WRITE_BYTES));
      bytes += part.byteLength;
    },
    written,
    commit: async (path) => {
      await file?.sync();
      await close();
      const place = dirname(path);
      if (place !== folder) await makeFolder(place);
      await rename(temporary, path);
      await syncFolder(place);
      // Another process may have made the folder and not yet forced it to the disk.
      if (place !== folder) await syncFolder(dirname(place));
      return written();
    },
    discard: async () => {
      await close();
      await rm(temporary, { force: true });
    },
  };
}

/** Gives a file that is complete another name in its folder; both are on the disk when this resolves. */
export async function renameDurably(from: string, to: string): Promise<void> {
  const file = await open(from, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, to);
  await syncFolder(dirname(to));
}

/**
 * Writes a whole file or nothing, and forces it to the disk: under another name first, then renamed.
 *
 * @param content text, bytes, or parts one after another
 * @param mode permissions; default: this account alone
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  mode: number = PRIVATE.file,
): Promise<Written> {
  const draft = await beginDraft(dirname(path), basename(path), mode);
  try {
    if (typeof content === "string") await draft.append(new TextEncoder().encode(content));
    else if (content instanceof Uint8Array) await draft.append(content);
    else for await (const part of content) await draft.append(part);
    return await draft.commit(path);
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

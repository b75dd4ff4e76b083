import { createHash, randomUUID } from "node:crypto";
import { open, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coordinatorError } from "../errors.js";
import { PRIVATE_FOLDER } from "./folder.js";

/** An object: the SHA-256 of its bytes, and how many there are. */
export interface ObjectRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** Files named by the SHA-256 of their content; never changed once they are there. */
export interface Objects {
  /** Writes the chunks in order; the object is durable when this resolves. Writing one twice is harmless. */
  write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<ObjectRef>;
  /** @throws DATA_FOLDER_DAMAGED if it is not there */
  open(sha256: string): Promise<FileHandle>;
  path(sha256: string): string;
  /** Removes what an interrupted write left behind. */
  sweep(): Promise<void>;
}

const PARTIAL = ".partial-";

/** Objects in files `ab/abcdef…` below a folder. */
export function fileObjects(root: string): Objects {
  const path = (sha256: string): string => join(root, sha256.slice(0, 2), sha256);
  return {
    path,
    async write(chunks) {
      const partial = join(root, `${PARTIAL}${randomUUID()}`);
      const hash = createHash("sha256");
      let bytes = 0;
      const file = await open(partial, "wx", 0o600);
      try {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          await file.writeFile(chunk);
        }
        await file.sync();
      } catch (error) {
        await file.close();
        await rm(partial, { force: true });
        throw full(error);
      }
      await file.close();
      const sha256 = hash.digest("hex");
      await mkdir(dirname(path(sha256)), { recursive: true, mode: PRIVATE_FOLDER });
      await rename(partial, path(sha256));
      await syncFolder(dirname(path(sha256)));
      return { sha256, bytes };
    },
    async open(sha256) {
      try {
        return await open(path(sha256), "r");
      } catch (cause) {
        throw coordinatorError("DATA_FOLDER_DAMAGED", `The model ${sha256} is missing from ${root}.`, { cause });
      }
    },
    async sweep() {
      const left = (await readdir(root)).filter((name) => name.startsWith(PARTIAL));
      await Promise.all(left.map((name) => rm(join(root, name), { force: true })));
    },
  };
}

/** Makes a rename durable; a no-op where folders cannot be opened (Windows). */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32" || !(await stat(path)).isDirectory()) return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function full(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== "ENOSPC") return error;
  return coordinatorError("DISK_FULL", "There is no space left for a model.", { cause: error });
}

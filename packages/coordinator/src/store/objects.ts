import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coordinatorError } from "../errors.js";
import { diskError, syncFolder } from "./disk.js";
import { PRIVATE_FOLDER } from "./folder.js";
import { digestOf } from "./values.js";

/** An object: the SHA-256 of its bytes, and how many there are. */
export interface ObjectRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** An object in the making. */
export interface ObjectWriter {
  append(bytes: Uint8Array): Promise<void>;
  /** The object is durable and has its name when this resolves. Writing the same one twice is harmless. */
  commit(): Promise<ObjectRef>;
  /** Forgets it; does nothing after `commit`. */
  discard(): Promise<void>;
}

/** Files named by the SHA-256 of their content; never changed once they are there. */
export interface Objects {
  /** @throws DISK_FULL from the writer's methods */
  create(): Promise<ObjectWriter>;
  /**
   * Opens an object after every byte of it was held against its name: now, or, for parts of one object that are read one
   * after another, when this process opened it first.
   *
   * @throws DATA_FOLDER_DAMAGED if it is not there, or is not what was written
   */
  open(sha256: string, check: "now" | "once"): Promise<FileHandle>;
  /**
   * Removes what interrupted writers left behind. Those of other processes that may still be at it stay.
   *
   * @param now Unix milliseconds
   */
  sweep(now: number): Promise<void>;
}

const PARTIAL = ".partial-";
/** A partial object that nobody has written to for this long is nobody's any more, milliseconds. */
const ABANDONED_MS = 3_600_000;

/** Objects in files `ab/abcdef…` below a folder. */
export function fileObjects(root: string): Objects {
  const checked = new Set<string>();
  const path = (sha256: string): string => join(root, sha256.slice(0, 2), sha256);
  return {
    create: () => createWriter(join(root, `${PARTIAL}${randomUUID()}`), path),
    async open(sha256, check) {
      let file: FileHandle;
      try {
        file = await open(path(sha256), "r");
      } catch (cause) {
        throw coordinatorError("DATA_FOLDER_DAMAGED", `The model ${sha256} is missing from ${root}.`, { cause });
      }
      if (check === "once" && checked.has(sha256)) return file;
      try {
        if ((await digestOf(path(sha256))) !== sha256) {
          throw coordinatorError("DATA_FOLDER_DAMAGED", `The model ${sha256} in ${root} is not what was written.`);
        }
      } catch (error) {
        await file.close();
        throw error;
      }
      checked.add(sha256);
      return file;
    },
    async sweep(now) {
      const left = (await readdir(root)).filter((name) => name.startsWith(PARTIAL)).map((name) => join(root, name));
      for (const name of left) {
        const written = await stat(name).catch(() => undefined);
        if (written !== undefined && now - written.mtimeMs >= ABANDONED_MS) await rm(name, { force: true });
      }
    },
  };
}

async function createWriter(partial: string, path: (sha256: string) => string): Promise<ObjectWriter> {
  const hash = createHash("sha256");
  let bytes = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(partial, "wx", 0o600);
  } catch (error) {
    throw diskError(error, "a model");
  }
  const finish = async (): Promise<void> => {
    await file?.close();
    file = undefined;
  };
  return {
    async append(part) {
      hash.update(part);
      bytes += part.byteLength;
      try {
        await file?.writeFile(part);
      } catch (error) {
        throw diskError(error, "a model");
      }
    },
    async commit() {
      const sha256 = hash.digest("hex");
      try {
        await file?.sync();
        await finish();
        await mkdir(dirname(path(sha256)), { recursive: true, mode: PRIVATE_FOLDER });
        await rename(partial, path(sha256));
        await syncFolder(dirname(path(sha256)));
        // The folder of objects that begin alike may be new.
        await syncFolder(dirname(dirname(path(sha256))));
      } catch (error) {
        throw diskError(error, "a model");
      }
      return { sha256, bytes };
    },
    async discard() {
      await finish();
      await rm(partial, { force: true });
    },
  };
}

import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coordinatorError } from "../errors.js";
import { diskError } from "./disk.js";
import { PRIVATE_FOLDER } from "./folder.js";

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
  /** @throws DATA_FOLDER_DAMAGED if it is not there */
  open(sha256: string): Promise<FileHandle>;
  /** Removes what interrupted writers left behind. */
  sweep(): Promise<void>;
}

const PARTIAL = ".partial-";

/** Objects in files `ab/abcdef…` below a folder. */
export function fileObjects(root: string): Objects {
  const path = (sha256: string): string => join(root, sha256.slice(0, 2), sha256);
  return {
    create: () => createWriter(join(root, `${PARTIAL}${randomUUID()}`), path),
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

/** Makes a rename durable; Windows cannot open folders, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

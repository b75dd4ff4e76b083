import { open, readdir, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { beginDraft, fileDigest, isDraft } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { diskError } from "./disk.js";

/** An object: the SHA-256 of its bytes, and how many there are. */
export interface ObjectRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** An object in the making. */
interface ObjectWriter {
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
  has(sha256: string): Promise<boolean>;
  /**
   * Takes an object out, for good; whoever has it open can read on. Only within the database transaction that has seen
   * that nobody refers to it: others write an object and refer to it in one transaction.
   *
   * @returns the bytes that are free now, 0 if it was not there
   */
  remove(sha256: string): Promise<number>;
  /**
   * Removes what interrupted writers left behind. Those of other processes that may still be at it stay.
   *
   * @param now Unix milliseconds
   */
  sweep(now: number): Promise<void>;
}

/** What the temporary name of an object begins with, and what it began with in version 0.1.0. */
const STEM = "object";
const FORMER_STEM = ".partial-";
/** A partial object that nobody has written to for this long is nobody's any more, milliseconds. */
const ABANDONED_MS = 3_600_000;

/** Objects in files `ab/abcdef…` below a folder. */
export function fileObjects(root: string): Objects {
  const checked = new Set<string>();
  const path = (sha256: string): string => join(root, sha256.slice(0, 2), sha256);
  return {
    create: () => createWriter(root, path),
    async open(sha256, check) {
      let file: FileHandle;
      try {
        file = await open(path(sha256), "r");
      } catch (cause) {
        throw coordinatorError("DATA_FOLDER_DAMAGED", `The model ${sha256} is missing from ${root}.`, { cause });
      }
      if (check === "once" && checked.has(sha256)) return file;
      try {
        if ((await fileDigest(file)) !== sha256) {
          throw coordinatorError("DATA_FOLDER_DAMAGED", `The model ${sha256} in ${root} is not what was written.`);
        }
      } catch (cause) {
        await file.close();
        if (isFedaceError(cause)) throw cause;
        const message = `The model ${sha256} in ${root} cannot be read: ${(cause as Error).message}.`;
        throw coordinatorError("DATA_FOLDER_DAMAGED", message, { cause });
      }
      checked.add(sha256);
      return file;
    },
    has: async (sha256) => (await sizeOf(path(sha256))) !== undefined,
    async remove(sha256) {
      const bytes = await sizeOf(path(sha256));
      if (bytes === undefined) return 0;
      checked.delete(sha256);
      await rm(path(sha256), { force: true });
      return bytes;
    },
    async sweep(now) {
      const left = (await readdir(root)).filter((name) => isDraft(name) || name.startsWith(FORMER_STEM));
      for (const name of left.map((one) => join(root, one))) {
        const written = await stat(name).catch(() => undefined);
        if (written !== undefined && now - written.mtimeMs >= ABANDONED_MS) await rm(name, { force: true });
      }
    },
  };
}

/** Undefined where there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function createWriter(root: string, path: (sha256: string) => string): Promise<ObjectWriter> {
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw diskError(error, "a model");
    }
  };
  const draft = await guarded(beginDraft(root, STEM));
  return {
    append: (part) => guarded(draft.append(part)),
    commit: () => guarded(draft.commit(path(draft.written().sha256))),
    discard: () => draft.discard(),
  };
}

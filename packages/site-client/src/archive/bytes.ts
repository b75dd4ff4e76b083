import { open, readlink, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { siteError } from "../errors.js";

/** Uncompressed bytes per step: large enough to be fast, small beside any image. */
const CHUNK_BYTES = 2 ** 18;

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** How the small files begin that git-annex and git-lfs leave in place of contents, and what brings those. */
const POINTERS: readonly (readonly [begins: RegExp, tool: string, command: string])[] = [
  [/^(\.\.\/)*(\.git)?\/?annex\/objects\//, "git-annex", "git annex get"],
  [/^version https:\/\/git-lfs\./, "git-lfs", "git lfs pull"],
];
/** Links of git-annex lead there. */
const ANNEX = /(^|\/)\.git\/annex\/objects\//;
/** Enough of a file to know a pointer by. */
const POINTER_BYTES = 64;

/** The uncompressed bytes of a file from its beginning, taken as they are asked for: nothing is inflated in advance. */
export interface ByteSource {
  /** Bytes of the file as it lies on the disk. */
  readonly fileBytes: number;
  readonly compressed: boolean;
  /** Fills `target` and returns how many bytes there were; fewer than asked for only at the end. */
  fill(target: Uint8Array): Promise<number>;
  /** Passes over up to `count` bytes and returns how many there were. */
  skip(count: number): Promise<number>;
}

/**
 * Opens a plain or gzip-compressed file (told by both magic bytes, not by its name), passes its bytes to `use` and
 * closes it.
 * @throws FILE_UNREADABLE, FILE_POINTER, NIFTI_TRUNCATED and NIFTI_CORRUPT (of gzip data); the signal's reason when
 * aborted
 */
export async function withBytes<T>(
  path: string,
  name: string,
  signal: AbortSignal | undefined,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const refuse = (error: unknown): never => {
    throw unreadable(name, error);
  };
  // Before it is opened: to open a named pipe is to wait for somebody to write into it.
  const info = await stat(path).catch((error: unknown) => brokenLink(path, name).then(() => refuse(error)));
  if (!info.isFile()) throw siteError("FILE_UNREADABLE", `${name} is not a file`);
  const handle = await open(path, "r").catch(refuse);
  try {
    const magic = new Uint8Array(POINTER_BYTES);
    await handle.read(magic, 0, POINTER_BYTES, 0);
    refusePointer(Buffer.from(magic).toString("latin1"), name);
    const compressed = magic[0] === GZIP_MAGIC[0] && magic[1] === GZIP_MAGIC[1];
    const file = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
    const gunzip = compressed ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
    const output = gunzip === undefined ? file : file.pipe(gunzip);
    file.on("error", (error) => gunzip?.destroy(error));
    const abort = (): void => {
      output.destroy(signal?.reason as Error);
    };
    // Without a listener, an abort between two reads would end the process.
    output.on("error", () => undefined);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      return await use(pullFrom(output, info.size, compressed));
    } catch (error) {
      signal?.throwIfAborted();
      throw compressionError(name, error);
    } finally {
      signal?.removeEventListener("abort", abort);
      gunzip?.destroy();
      file.destroy();
    }
  } finally {
    await handle.close();
  }
}

/** Enough to tell any format by, NIfTI-2's header included. */
const BEGINNING_BYTES = 540;

/**
 * The first uncompressed bytes of a file.
 * @throws FILE_UNREADABLE, FILE_POINTER, NIFTI_TRUNCATED, NIFTI_CORRUPT
 */
export async function readBeginning(path: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return withBytes(path, name, signal, async (source) => {
    const bytes = new Uint8Array(BEGINNING_BYTES);
    return bytes.subarray(0, await source.fill(bytes));
  });
}

function pullFrom(stream: AsyncIterable<Buffer>, fileBytes: number, compressed: boolean): ByteSource {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  /** Hands `each` up to `count` bytes, piece by piece. */
  const take = async (count: number, each: (piece: Uint8Array, at: number) => void): Promise<number> => {
    let taken = 0;
    while (taken < count) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) break;
        rest = next.value;
        continue;
      }
      const piece = rest.subarray(0, count - taken);
      each(piece, taken);
      taken += piece.length;
      rest = rest.subarray(piece.length);
    }
    return taken;
  };
  return {
    fileBytes,
    compressed,
    fill: (target) =>
      take(target.length, (piece, at) => {
        target.set(piece, at);
      }),
    skip: (count) => take(count, () => undefined),
  };
}

/** @throws FILE_POINTER, FILE_UNREADABLE where `path` is a link; nothing otherwise */
async function brokenLink(path: string, name: string): Promise<void> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined) return;
  if (ANNEX.test(target)) throw pointer(name, "git-annex", "git annex get");
  throw siteError("FILE_UNREADABLE", `${name} is a link to a file that is not there (${target})`);
}

function refusePointer(beginning: string, name: string): void {
  for (const [begins, tool, command] of POINTERS) if (begins.test(beginning)) throw pointer(name, tool, command);
}

function pointer(name: string, tool: string, command: string): Error {
  return siteError("FILE_POINTER", `${name} is a pointer of ${tool}, and the file it stands for is not there`, {
    remedy: `Fetch it: ${command} ${name}`,
  });
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function unreadable(name: string, error: unknown): Error {
  const code = errorCode(error);
  const why =
    code === "ENOENT"
      ? "does not exist"
      : code === "EACCES" || code === "EPERM"
        ? "may not be read by this account"
        : `cannot be opened (${code})`;
  return siteError("FILE_UNREADABLE", `${name} ${why}`, { cause: error });
}

function compressionError(name: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === "Z_BUF_ERROR") {
    return siteError("NIFTI_TRUNCATED", `${name}: the gzip data end too early`, { cause: error });
  }
  if (code.startsWith("Z_")) {
    return siteError("NIFTI_CORRUPT", `${name}: the gzip data are damaged (${code})`, { cause: error });
  }
  if (/^E[A-Z]+$/.test(code)) return unreadable(name, error);
  return error;
}

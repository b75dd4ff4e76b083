import { lstat, open } from "node:fs/promises";
import { gunzipSync, constants } from "node:zlib";
import { LIMITS } from "../../protocol/index.js";
import { LENGTH_BYTES } from "../../tensors/index.js";

/** Bytes of an existing file that are looked at to see what it is. */
const HEAD_BYTES = 4096;

/** A place that a command must not write to, and why: the message is for people. */
export class OutputRefused extends Error {
  override readonly name = "OutputRefused";

  constructor(
    message: string,
    /** Whether --force would do. */
    readonly forceable: boolean,
  ) {
    super(message);
  }
}

interface OutputRule {
  /** Whether an existing file begins like what is going to be written, so that it may be replaced. Default: none may. */
  readonly replaces?: (head: Uint8Array) => boolean;
  /** Replace whatever file or link is there. Default false. */
  readonly force?: boolean;
}

/**
 * Looks before the work whether a command may write its result to a path: a new name, a file of the same kind, or an
 * empty one. A link would carry the result elsewhere, another file would be lost, and neither was asked for. What is no
 * file (a device, a pipe) is never replaced.
 *
 * @throws OutputRefused
 */
export async function checkOutput(path: string, { replaces, force = false }: OutputRule): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory()) throw new OutputRefused(`${path} is a folder`, false);
  if (found.isSymbolicLink()) {
    if (!force) throw new OutputRefused(`${path} is a link, which is not followed`, true);
    return;
  }
  if (!found.isFile()) throw new OutputRefused(`${path} is there already, and is no file`, false);
  if (force || (found.size === 0 && replaces !== undefined)) return;
  if (replaces === undefined) throw new OutputRefused(`${path} is there already`, true);
  if (!replaces(await headOf(path))) throw new OutputRefused(`${path} is there already, and is something else`, true);
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whether a file begins as a safetensors file does: the length of its header, then that header's `{`. */
export function looksLikeSafetensors(head: Uint8Array): boolean {
  if (head.byteLength <= LENGTH_BYTES) return false;
  const length = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  return length > 1n && length <= BigInt(LIMITS.headerBytes) && head[LENGTH_BYTES] === 0x7b;
}

/** The header's own length, with which NIfTI-1 and NIfTI-2 begin. */
const NIFTI_SIZES: readonly number[] = [348, 540];

/** Whether a file begins as a NIfTI image does, compressed or not, in either byte order. */
export function looksLikeNifti(head: Uint8Array): boolean {
  const plain = head[0] === 0x1f && head[1] === 0x8b ? unzipped(head) : head;
  if (plain.byteLength < 4) return false;
  const view = new DataView(plain.buffer, plain.byteOffset, 4);
  return NIFTI_SIZES.includes(view.getInt32(0, true)) || NIFTI_SIZES.includes(view.getInt32(0, false));
}

/** The beginning of compressed data of which only the beginning is there; nothing where it is damaged. */
function unzipped(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array();
  }
}

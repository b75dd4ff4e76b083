import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** Bytes that are read at once where a file is only passed through. */
const PASSING_BYTES = 2 ** 20;
/** Most bytes of one read: the system gives no more than 2 GiB at once. */
const READ_BYTES = 64 * 2 ** 20;

/** A file that is larger than what it is to be. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
}

/**
 * Fills `target` from a place in a file.
 *
 * @throws RangeError where the file ends before
 */
export async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.byteLength;) {
    const length = Math.min(READ_BYTES, target.byteLength - done);
    const { bytesRead } = await file.read(target, done, length, position + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position + done}`);
    done += bytesRead;
  }
}

/**
 * A small text file, in UTF-8. No more than `most` bytes are ever held, whatever the file is.
 *
 * @throws FileTooLarge, and what the system says
 */
export async function readText(path: string, most: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(most + 1);
    let length = 0;
    while (length < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, length, buffer.byteLength - length, null);
      if (bytesRead === 0) return new TextDecoder().decode(buffer.subarray(0, length));
      length += bytesRead;
    }
    throw new FileTooLarge(`it has more than ${most} bytes`);
  } finally {
    await file.close();
  }
}

/** SHA-256 of a file's bytes, lower-case hex. */
export async function fileDigest(source: string | FileHandle): Promise<string> {
  const file = typeof source === "string" ? await open(source, "r") : source;
  try {
    const hash = createHash("sha256");
    const part = new Uint8Array(PASSING_BYTES);
    for (let at = 0; ;) {
      const { bytesRead } = await file.read(part, 0, part.byteLength, at);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(part.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    if (typeof source === "string") await file.close();
  }
}

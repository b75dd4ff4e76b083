import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { ValueReader } from "@fedace/ace-core/aggregation";
import { LIMITS } from "@fedace/ace-core/protocol";
import { dataOffsetOf, LENGTH_BYTES, parseHeader } from "@fedace/ace-core/tensors";
import type { SafetensorsHeader } from "@fedace/ace-core/tensors";

/** An open safetensors file: its header, and its values in parts. */
export interface ValuesFile extends ValueReader {
  readonly header: SafetensorsHeader;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file without reading its values.
 *
 * @throws WEIGHTS_MALFORMED
 */
export async function openValues(source: string | FileHandle): Promise<ValuesFile> {
  const file = typeof source === "string" ? await open(source, "r") : source;
  try {
    const header = await readHeader(file);
    return {
      header,
      read: async (offset, length) => {
        const values = new Float32Array(length);
        const bytes = new Uint8Array(values.buffer);
        await readFully(file, bytes, header.dataOffset + offset * values.BYTES_PER_ELEMENT);
        return values;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** SHA-256 of a file, hex; read as a stream. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: LIMITS.chunkBytes }) as AsyncIterable<Buffer>) {
    hash.update(part);
  }
  return hash.digest("hex");
}

async function readHeader(file: FileHandle): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const prefix = new Uint8Array(Math.min(LENGTH_BYTES, size));
  await readFully(file, prefix, 0);
  const head = new Uint8Array(Math.min(dataOffsetOf(prefix), size));
  await readFully(file, head, 0);
  return parseHeader(head, { totalBytes: size });
}

async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.byteLength;) {
    const { bytesRead } = await file.read(target, done, target.byteLength - done, position + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position + done}`);
    done += bytesRead;
  }
}

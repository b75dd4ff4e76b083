import { open } from "node:fs/promises";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { UpdateNumbers } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { Says } from "../ledger/index.js";
import type { Exchange } from "./exchange.js";

/** An update as it lies in the data folder, complete. */
export interface OutgoingUpdate {
  readonly run: string;
  readonly round: number;
  /** safetensors file. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly numbers: UpdateNumbers;
  /** What the receipt says of the file; undefined of one that 0.1.0 made. */
  readonly says?: Says | undefined;
}

/** Smallest chunk that a slow line is brought down to, bytes: 64 KiB in 30 s is 17 kbit/s. */
export const MIN_CHUNK_BYTES = 64 * 1024;
/** How often an upload may be set back without having gone on. */
const MAX_SETBACKS = 5;

/** Chunk size of the uploads of one site: halved after each lost connection, full again after a success. */
export interface Pace {
  chunkBytes: number;
}

interface UploadOptions {
  readonly exchange: Exchange;
  readonly pace: Pace;
  /** Called with the bytes that the coordinator has acknowledged. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Uploads a file in acknowledged chunks, several under way at once, from the offset where the coordinator stands.
 *
 * @throws the coordinator's refusal; CONNECTION_LOST; the signal's reason
 */
export async function upload(update: OutgoingUpdate, options: UploadOptions): Promise<void> {
  const { exchange, pace } = options;
  const { run, round, sha256, bytes, numbers } = update;
  let furthest = -1;
  for (let setbacks = 0; ;) {
    options.signal.throwIfAborted();
    const { offset } = await exchange("update.begin", { run, round, sha256, bytes, numbers });
    setbacks = offset > furthest ? 0 : setbacks + 1;
    furthest = Math.max(furthest, offset);
    if (setbacks > MAX_SETBACKS || offset > bytes) {
      throw siteError("COORDINATOR_ANSWER", `The coordinator keeps asking for the update from byte ${offset} on.`);
    }
    try {
      await sendFrom(update, offset, options);
      break;
    } catch (error) {
      if (isFedaceError(error, "CONNECTION_LOST")) pace.chunkBytes = Math.max(MIN_CHUNK_BYTES, pace.chunkBytes / 2);
      if (!isFedaceError(error, "UPDATE_OFFSET", "UPDATE_UNKNOWN")) throw error;
    }
  }
  await exchange("update.end", { run, round });
  pace.chunkBytes = LIMITS.chunkBytes;
}

async function sendFrom(update: OutgoingUpdate, from: number, options: UploadOptions): Promise<void> {
  const { exchange, pace, onProgress, signal } = options;
  const { run, round, bytes } = update;
  const file = await open(update.path, "r");
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let acknowledged = from;
  try {
    for (let offset = from; offset < bytes && failures.length === 0;) {
      const data = new Uint8Array(Math.min(pace.chunkBytes, bytes - offset));
      const { bytesRead } = await file.read(data, 0, data.length, offset);
      if (bytesRead !== data.length) throw siteError("SITE_DISK", "The update's file is shorter than it was.");
      // Last look before sending: what belongs to a lost connection must not go out on the next one.
      signal.throwIfAborted();
      const sent = exchange("update.chunk", { run, round, offset, data })
        .then((answer) => {
          acknowledged = Math.max(acknowledged, answer.offset);
          onProgress(acknowledged);
        })
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
      offset += data.length;
      if (underWay.size >= LIMITS.chunkWindow) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    await file.close();
  }
  if (failures.length > 0) throw failures[0];
}

import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { fileDigest, renameDurably, writeFully } from "@fedace/ace-core/host";
import { LIMITS } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { VerifiedAssignment } from "../identity/index.js";
import type { Outbound } from "../outbound/index.js";
import type { WorkFolder } from "./work-folder.js";

/** Room for the model, the update and the update's next version, in models. */
const ROOM_IN_MODELS = 3;

interface DownloadOptions {
  readonly outbound: Pick<Outbound, "readModel">;
  readonly folder: WorkFolder;
  readonly signal: AbortSignal;
  /** Bytes that are on this machine's disk. */
  readonly onProgress: (done: number) => void;
}

/**
 * Downloads the model of an assignment in chunks, several asked for at once, and goes on after the bytes that an
 * earlier attempt wrote. The file gets its name when its SHA-256 is right and it is on the disk; one that is there already
 * is checked again before it is used.
 *
 * @throws MODEL_DAMAGED, SITE_DISK, CONNECTION_LOST, the coordinator's refusal, or the signal's reason
 */
export async function downloadModel(assignment: VerifiedAssignment, options: DownloadOptions): Promise<void> {
  const { folder, signal } = options;
  const files = folder.files(assignment);
  folder.keepOnly(assignment);
  if (existsSync(files.model)) {
    // It may be of an earlier process, and a disk may have rotted or lost power since.
    if ((await fileDigest(files.model)) === assignment.model.sha256) return;
    rmSync(files.model, { force: true });
  }
  await folder.requireRoom(assignment.model.bytes * ROOM_IN_MODELS);
  await fetchRest(assignment, files.partial, options);
  signal.throwIfAborted();
  if ((await fileDigest(files.partial)) !== assignment.model.sha256) {
    rmSync(files.partial, { force: true });
    throw siteError("MODEL_DAMAGED", `The model of round ${assignment.round} arrived with another checksum.`);
  }
  await renameDurably(files.partial, files.model);
}

async function fetchRest(assignment: VerifiedAssignment, path: string, options: DownloadOptions): Promise<void> {
  const { run, round, model } = assignment;
  const { outbound, signal, onProgress } = options;
  if (existsSync(path) && statSync(path).size > model.bytes) truncateSync(path, 0);
  const file = await open(path, "a", 0o600);
  try {
    let written = (await file.stat()).size;
    let asked = written;
    const underWay: Promise<Uint8Array | Error>[] = [];
    while (written < model.bytes) {
      signal.throwIfAborted();
      while (asked < model.bytes && underWay.length < LIMITS.chunkWindow) {
        const length = Math.min(LIMITS.chunkBytes, model.bytes - asked);
        // A failure is kept as a value until its turn comes: the bytes before it are good.
        underWay.push(
          outbound.readModel({ run, round, offset: asked, length }).catch((error: unknown) => error as Error),
        );
        asked += length;
      }
      const data = await underWay.shift();
      if (!(data instanceof Uint8Array)) throw data ?? new Error("no chunk under way");
      if (
        data.length > model.bytes - written ||
        (data.length < LIMITS.chunkBytes && written + data.length < model.bytes)
      )
        throw siteError(
          "COORDINATOR_ANSWER",
          `A part of the model has ${data.length} bytes, which is not what was asked.`,
        );
      await writeFully(file, data);
      written += data.length;
      onProgress(written);
    }
  } finally {
    await file.close();
  }
}

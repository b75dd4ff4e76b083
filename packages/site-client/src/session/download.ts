import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { fileDigest, renameDurably, writeFully } from "@fedace/ace-core/host";
import { LIMITS } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { VerifiedAssignment } from "../identity/index.js";
import type { Outbound } from "../outbound/index.js";
import { keptFolder, needs } from "../runs/index.js";
import type { Beside, Need } from "../runs/index.js";
import type { WorkFolder } from "./work-folder.js";

/** Room for the model, the update and its next version, and for what is kept of the run, in models. */
const ROOM_IN_MODELS = 6;

interface DownloadOptions {
  readonly outbound: Pick<Outbound, "readModel">;
  readonly folder: WorkFolder;
  readonly signal: AbortSignal;
  /** Folder in which is kept what lasts from round to round. */
  readonly runs: string;
  /** Bytes that are on this machine's disk, and of all that is needed. */
  readonly onProgress: (done: number, total: number) => void;
}

/** A file that an assignment names: what is asked for, what it must be, and where it goes. */
interface Wanted {
  readonly of: Need | undefined;
  readonly ref: VerifiedAssignment["model"];
  readonly path: string;
}

/**
 * Downloads the model of an assignment, and others that it names and the site needs, in chunks, several asked for at
 * once, and goes on after the bytes that an earlier attempt wrote. A file gets its name when its SHA-256 is right and it
 * is on the disk; one that is there already is checked again before it is used.
 *
 * @throws MODEL_DAMAGED, SITE_DISK, CONNECTION_LOST, the coordinator's refusal, or the signal's reason
 */
export async function downloadModels(assignment: VerifiedAssignment, options: DownloadOptions): Promise<void> {
  const { folder, runs, onProgress } = options;
  const wanted = wantedOf(assignment, needs(keptFolder(runs, assignment.run).read(), assignment), folder);
  folder.keepOnly(assignment);
  await folder.requireRoom(assignment.model.bytes * ROOM_IN_MODELS);
  const total = wanted.reduce((sum, { ref }) => sum + ref.bytes, 0);
  let before = 0;
  for (const one of wanted) {
    const base = before;
    await download(assignment, one, options, (done) => {
      onProgress(base + done, total);
    });
    before += one.ref.bytes;
  }
}

/** The other models of an assignment, and where they are if they were downloaded. */
export function besideOf(assignment: VerifiedAssignment, folder: WorkFolder): Beside {
  const { previous, average } = assignment;
  const files = folder.files(assignment);
  return {
    previous: previous === undefined ? null : { ...previous, path: files.previous },
    average: average === undefined ? null : { sha256: average.sha256, path: files.average },
  };
}

function wantedOf(assignment: VerifiedAssignment, others: readonly Need[], folder: WorkFolder): Wanted[] {
  const files = folder.files(assignment);
  const refs = { previous: assignment.previous?.model, average: assignment.average };
  const beside = others.flatMap((of): Wanted[] => {
    const ref = refs[of];
    return ref === undefined ? [] : [{ of, ref, path: files[of] }];
  });
  return [{ of: undefined, ref: assignment.model, path: files.model }, ...beside];
}

async function download(
  assignment: VerifiedAssignment,
  wanted: Wanted,
  options: DownloadOptions,
  onProgress: (done: number) => void,
): Promise<void> {
  const { path, ref } = wanted;
  if (existsSync(path)) {
    // It may be of an earlier process, and a disk may have rotted or lost power since.
    if ((await fileDigest(path)) === ref.sha256) return;
    rmSync(path, { force: true });
  }
  const partial = `${path}.part`;
  await fetchRest(assignment, wanted, partial, { ...options, onProgress });
  options.signal.throwIfAborted();
  if ((await fileDigest(partial)) !== ref.sha256) {
    rmSync(partial, { force: true });
    throw siteError("MODEL_DAMAGED", `The model of round ${assignment.round} arrived with another checksum.`);
  }
  await renameDurably(partial, path);
}

async function fetchRest(
  { run, round }: VerifiedAssignment,
  { of, ref: model }: Wanted,
  path: string,
  options: Pick<DownloadOptions, "outbound" | "signal"> & { readonly onProgress: (done: number) => void },
): Promise<void> {
  const { outbound, signal, onProgress } = options;
  const which = of === undefined ? {} : { of };
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
          outbound.readModel({ run, round, ...which, offset: asked, length }).catch((error: unknown) => error as Error),
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

import { randomUUID } from "node:crypto";
import { open, rename, rm, utimes } from "node:fs/promises";
import type { Clock } from "../../foundation/index.js";
import { sleep } from "../../foundation/index.js";
import { parseHolder, stateOf, thisProcess } from "./holder.js";
import type { Holder } from "./holder.js";

/** Between two signs of life of a holder, milliseconds. */
export const BEAT_MS = 2000;
/** A lock that has shown no sign of life for this long is nobody's, milliseconds: several beats, and a slow network disk. */
export const SILENCE_MS = 15_000;

/** A held lock. */
export interface FolderLock {
  release(): Promise<void>;
}

export interface LockParts {
  readonly clock: Clock;
  /** Called where a holder that cannot be seen from here has to be watched first, with how long that may take. */
  readonly waiting?: (ms: number) => void;
  /** Called once where another process has taken the lock, which it can after {@link SILENCE_MS} of silence. */
  readonly lost: () => void;
  /** Stands for this process, in tests. */
  readonly self?: Holder;
}

/** A lock file as it was seen: a holder that lives changes it at every beat. */
interface Seen {
  readonly text: string;
  readonly mtime: bigint;
}

/**
 * Takes a lock file for this process. It is made exclusively, says who holds it, and is touched every {@link BEAT_MS}.
 * Node has no lock that the system would drop by itself, so one that is found is judged: a holder that can be seen from
 * here (same kernel, same process numbers) by whether its process runs, at once; any other (another container or
 * machine on one disk) by watching for a beat, up to {@link SILENCE_MS}. The price: after a crash in another container a
 * start takes that long, and a holder that was stopped for longer can lose its lock, which it notices at its next beat.
 *
 * @returns undefined if another process holds it
 * @throws what the system says if the file cannot be made
 */
export async function takeLock(path: string, parts: LockParts): Promise<FolderLock | undefined> {
  const self = parts.self ?? thisProcess(randomUUID());
  const text = `${JSON.stringify(self)}\n`;
  if (!(await create(path, text)) && !(await takeOver(path, text, self, parts))) return undefined;
  return hold(path, text, parts);
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EEXIST") return false;
    throw error;
  }
}

async function takeOver(path: string, text: string, self: Holder, parts: LockParts): Promise<boolean> {
  const found = await look(path);
  if (found === undefined) return create(path, text);
  const holder = parseHolder(found.text);
  const state = holder === undefined ? "unknown" : stateOf(holder, self);
  if (state === "runs") return false;
  if (state === "unknown" && !(await staysSilent(path, found, parts))) return false;
  // Made exclusively beside it, then renamed over it: of several that take over at one moment one makes the claim, and
  // whoever makes one afterwards sees that the lock has changed.
  const claim = `${path}.claim`;
  if (!(await create(claim, text))) {
    const other = await look(claim);
    if (other !== undefined && !(await staysSilent(claim, other, parts))) return false;
    // Left by a process that ended between its two steps.
    await rm(claim, { force: true });
    if (!(await create(claim, text))) return false;
  }
  if (same(await look(path), found)) {
    await rename(claim, path);
    return true;
  }
  await rm(claim, { force: true });
  return false;
}

async function staysSilent(path: string, found: Seen, { clock, waiting }: LockParts): Promise<boolean> {
  waiting?.(SILENCE_MS);
  for (let waited = 0; waited < SILENCE_MS; waited += BEAT_MS) {
    await sleep(clock, BEAT_MS);
    if (!same(await look(path), found)) return false;
  }
  return true;
}

function hold(path: string, text: string, { clock, lost }: LockParts): FolderLock {
  let cancel: () => void = () => undefined;
  let beating: Promise<void> = Promise.resolve();
  let released = false;
  const beat = async (): Promise<void> => {
    const seen = await look(path);
    // A file that somebody removed is made again, if nobody was faster.
    const ours = seen === undefined ? await create(path, text) : seen.text === text;
    if (!ours) {
      released = true;
      lost();
      return;
    }
    const now = clock.now() / 1000;
    await utimes(path, now, now);
  };
  const next = (): void => {
    cancel = clock.after(BEAT_MS, () => {
      // A disk that fails now and then is no reason to give up: the next beat tries again.
      beating = beat().catch(() => undefined);
      void beating.then(() => {
        if (!released) next();
      });
    });
  };
  next();
  return {
    release: async () => {
      const mine = !released;
      released = true;
      cancel();
      await beating;
      if (mine && (await look(path))?.text === text) await rm(path, { force: true });
    },
  };
}

/** The file as it is now, asked of the disk itself: opening makes network disks look. */
async function look(path: string): Promise<Seen | undefined> {
  try {
    const file = await open(path, "r");
    try {
      return { text: await file.readFile("utf8"), mtime: (await file.stat({ bigint: true })).mtimeNs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

function same(now: Seen | undefined, then: Seen): boolean {
  return now?.text === then.text && now.mtime === then.mtime;
}

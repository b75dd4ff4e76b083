/** What an enrolled site does with its token. */
import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { SiteMessageName } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io-client";
import { ask, connect, manifest } from "../site.js";
import type { SiteIdentity } from "../site.js";

/** Pause between bursts, milliseconds. */
const BEAT_MS = 10;
/** Pause before coming back after having been cut: as often as is allowed. */
const COMEBACK_MS = 500;

/** The websocket below socket.io-client, which can stop to read. */
interface Pausable {
  readonly ws: { pause(): void };
}

/** Asks for chunks of the model without end and never reads one; comes back when it is cut. */
export async function slowReader(site: SiteIdentity, run: string): Promise<void> {
  for (;;) {
    const socket = await again(site);
    (socket.io.engine.transport as unknown as Pausable).ws.pause();
    const question = { run, round: 1, offset: 0, length: LIMITS.chunkBytes };
    const ended = new Promise((resolve) => socket.once("disconnect", resolve));
    const asking = setInterval(() => {
      for (let i = 0; i < 8; i++) socket.emit("model.read", question, () => undefined);
    }, BEAT_MS);
    // Nothing that is read tells it that it was cut: it finds out by writing.
    await Promise.race([ended, pause(20_000)]);
    clearInterval(asking);
    socket.disconnect();
  }
}

/** Messages that a flood is made of. Each comes with something new, so that nothing can be left out as known already. */
const FLOODS: Readonly<Partial<Record<SiteMessageName, (run: string, i: number, modelBytes: number) => object>>> = {
  decline: (run) => ({ run, round: 1, code: "SITE_BUSY" }),
  manifest: (_run, i) => manifest("lesion", 8 + (i % 2)),
  progress: (run, i) => ({ run, round: 1, phase: "training", done: i % 1000, total: 1000, secondsLeft: null }),
  "model.read": (run) => ({ run, round: 1, offset: 0, length: LIMITS.chunkBytes }),
  "update.begin": (run, i, bytes) => ({
    run,
    round: 1,
    sha256: i.toString(16).padStart(64, "0"),
    bytes,
    numbers: { cases: 8, voxels: {}, steps: 1, loss: 1, lastLoss: 1, evaluation: null, seconds: 1 },
  }),
};
export const FLOOD_KINDS = Object.keys(FLOODS);

interface FloodOptions {
  readonly kinds: readonly string[];
  /** Messages of all kinds together. */
  readonly perSecond: number;
  /** Length of an update, bytes. */
  readonly modelBytes: number;
}

/** Sends messages of these kinds in turn; all answers are read. */
export async function flood(
  site: SiteIdentity,
  run: string,
  { kinds, perSecond, modelBytes }: FloodOptions,
): Promise<void> {
  let sent = 0;
  for (;;) {
    const socket = await again(site);
    await ask(socket, "manifest", manifest("lesion")).catch(() => undefined);
    const begin = performance.now();
    const first = sent;
    while (socket.connected) {
      const due = ((performance.now() - begin) / 1000) * perSecond;
      for (; sent - first < due; sent++) {
        const kind = kinds[sent % kinds.length] as SiteMessageName;
        socket.emit(kind, FLOODS[kind]?.(run, sent, modelBytes), () => undefined);
      }
      await pause(BEAT_MS);
    }
  }
}

/** Connects, as often as it takes. */
async function again(site: SiteIdentity): Promise<Socket> {
  for (;;) {
    try {
      return await connect(site);
    } catch {
      await pause(COMEBACK_MS);
    }
  }
}

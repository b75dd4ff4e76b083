/** How long an honest site waits for its answers while another one floods. */
import { setTimeout as pause } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import { FLOOD_KINDS } from "./attacks/members.js";
import type { Order } from "./attacks/main.js";
import { during } from "./assault.js";
import { judgeRatio, quantile } from "./report.js";
import type { Finding } from "./report.js";
import { ask, connect, manifest } from "./site.js";
import type { Stage } from "./stage.js";

/** How many times slower answers may become. */
const SLOWER = 3;
/** Floods of each strength: below the rate at which a site is cut, and far above it. */
const STRENGTHS = { "1900/s": 1900, "as many as it can": 20_000 } as const;
/** What a flood has to get going, milliseconds. */
const START_MS = 1500;
/** Bytes of the model that one question asks for. */
const PART_BYTES = 64 * 1024;
/** Pause between two questions, milliseconds. */
const PAUSE_MS = 20;
/** Quiet and flood take turns, since a machine is not as fast now as later. */
const TURNS = 3;

/** What an honest site of a round asks, as often as its rates allow: mostly for parts of the model. */
async function askAround(socket: Socket, run: string, seconds: number): Promise<number[]> {
  const waits: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let i = 0; performance.now() < end; i++) {
    const begin = performance.now();
    if (i % 20 === 0) await ask(socket, "manifest", manifest("tissue"));
    else if (i % 5 === 0) {
      const progress = { run, round: 1, phase: "training", done: i, total: 1_000_000, secondsLeft: null };
      await ask(socket, "progress", progress);
    } else await ask(socket, "model.read", { run, round: 1, offset: 0, length: PART_BYTES });
    waits.push(performance.now() - begin);
    await pause(PAUSE_MS);
  }
  return waits;
}

export async function measureLatency(stage: Stage, seconds: number): Promise<Finding[]> {
  const socket = await connect(stage.honest);
  try {
    await ask(socket, "manifest", manifest("tissue"));
    const turn = seconds / TURNS;
    const findings: Finding[] = [];
    const common = { attack: "flood", site: stage.hostile, run: stage.run, modelBytes: stage.modelBytes } as const;
    for (const kinds of [...FLOOD_KINDS.map((kind) => [kind]), FLOOD_KINDS]) {
      for (const [strength, perSecond] of Object.entries(STRENGTHS)) {
        const order: Order = { ...common, kinds: [...kinds], perSecond };
        const quiet: number[] = [];
        const flooded: number[] = [];
        for (let i = 0; i < TURNS; i++) {
          quiet.push(...(await askAround(socket, stage.run, turn)));
          const measured = await during([order], async () => {
            await pause(START_MS);
            return askAround(socket, stage.run, turn);
          });
          flooded.push(...measured);
        }
        const name = `${kinds.length === 1 ? kinds.join("") : "all of these"}, ${strength}`;
        for (const [what, share] of [
          ["median", 0.5],
          ["p95", 0.95],
        ] as const) {
          findings.push(judgeRatio(`${name}: ${what}`, quantile(quiet, share), quantile(flooded, share), SLOWER));
        }
      }
    }
    return findings;
  } finally {
    socket.disconnect();
  }
}

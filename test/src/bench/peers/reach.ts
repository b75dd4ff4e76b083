/** How long an honest site takes to be connected while strangers do their worst. */
import { setTimeout as pause } from "node:timers/promises";
import { STRANGE_ADDRESS } from "./attacks/peer.js";
import type { Order } from "./attacks/main.js";
import { during } from "./assault.js";
import { judge } from "./report.js";
import type { Finding } from "./report.js";
import { ask, connect, manifest } from "./site.js";
import type { SiteIdentity } from "./site.js";
import type { Stage } from "./stage.js";

/** Longest wait from the first attempt to the answer to the manifest, seconds. */
const LONGEST_S = 5;
/** Open connections that strangers try to keep: more than the server takes at all. */
const OPEN = 2100;
/** Connections that are made, used up and made again. */
const BUSY = 64;
const CONNECTS = 4;
/** What an attack has to get going, milliseconds. */
const START_MS = 3000;
/** Pause of a site before it tries again, milliseconds. */
const RETRY_MS = 500;
/** An address of this machine that no stranger has. Only Linux has the whole network 127/8. */
const OTHER_ADDRESS = "127.0.0.2";

/** Seconds from the first attempt to the answer to the manifest. */
async function reach(site: SiteIdentity, from: string): Promise<number> {
  const begin = performance.now();
  for (;;) {
    try {
      const socket = await connect(site, from);
      const answer = await ask(socket, "manifest", manifest("tissue"));
      socket.disconnect();
      if (answer.ok) return (performance.now() - begin) / 1000;
    } catch {
      // Pushed out by a stranger, or not let in: tries again like every site.
    }
    await pause(RETRY_MS);
  }
}

async function slowest(site: SiteIdentity, from: string, times: number): Promise<number> {
  let most = 0;
  for (let i = 0; i < times; i++) {
    most = Math.max(most, await reach(site, from));
    // A site may open 20 connections in 10 s.
    await pause(RETRY_MS);
  }
  return most;
}

export async function measureReach(stage: Stage, times: number): Promise<Finding[]> {
  const common = { site: stage.hostile, run: stage.run };
  const attacks: Readonly<Record<string, Order>> = {
    [`${OPEN} open TCP connections`]: { attack: "silence", ...common, count: OPEN },
    [`${OPEN} half-done handshakes`]: { attack: "half-handshakes", ...common, count: OPEN },
    [`a storm of ${BUSY} handshakes at once`]: { attack: "storm", ...common, count: BUSY },
    [`20 000 CONNECT on each of ${CONNECTS}`]: { attack: "connects", ...common, count: CONNECTS },
  };
  const places = { "from elsewhere": OTHER_ADDRESS, "from the same address": STRANGE_ADDRESS };
  const findings: Finding[] = [];
  for (const [place, from] of Object.entries(places)) {
    const quiet = await slowest(stage.honest, from, times);
    for (const [name, order] of Object.entries(attacks)) {
      const under = await during([order], async () => {
        await pause(START_MS);
        return slowest(stage.honest, from, times);
      });
      findings.push(judge(`${name}, ${place}`, quiet, under, LONGEST_S));
    }
  }
  return findings;
}

/** What the server's memory grows to. */
import { setTimeout as pause } from "node:timers/promises";
import type { Order } from "./attacks/main.js";
import { during } from "./assault.js";
import { judge } from "./report.js";
import type { Finding } from "./report.js";
import type { Stage } from "./stage.js";

/** Most memory that the server may come to have, MiB. */
const LARGEST_MIB = 300;
const STRANGERS = 800;
const MIB = 2 ** 20;

/** One enrolled site that never reads its answers, and strangers with half a message, apart and together. */
export async function measureMemory(stage: Stage, seconds: number): Promise<Finding[]> {
  const common = { site: stage.hostile, run: stage.run };
  const reader: Order = { attack: "slow-reader", ...common };
  const strangers: Order = { attack: "half-messages", ...common, count: STRANGERS };
  const idle = (await stage.memory()).now;
  const findings: Finding[] = [];
  for (const [name, orders] of [
    ["a site that asks and does not read", [reader]],
    [`${STRANGERS} strangers with half a message`, [strangers]],
    ["both together", [reader, strangers]],
  ] as const) {
    await stage.forget();
    await during(orders, () => pause(seconds * 1000));
    const { peak } = await stage.memory();
    findings.push(judge(name, idle / MIB, peak / MIB, LARGEST_MIB));
  }
  return findings;
}

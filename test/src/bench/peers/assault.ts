/** Starts attacks and ends them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order } from "./attacks/main.js";

const ATTACK = fileURLToPath(new URL("./attacks/main.js", import.meta.url));

/** Does `work` while these attacks go on, each in a process of its own. */
export async function during<T>(orders: readonly Order[], work: () => Promise<T>): Promise<T> {
  const attackers = orders.map((order) =>
    spawn(process.execPath, [ATTACK, JSON.stringify(order)], { stdio: ["pipe", "inherit", "inherit"] }),
  );
  const ended = attackers.map((attacker) => once(attacker, "exit"));
  try {
    return await work();
  } finally {
    // Their input ends with them, also where this process is killed.
    for (const { stdin } of attackers) stdin.end();
    await Promise.all(ended);
  }
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ENGINE_NODE_FLAGS } from "@fedace/ace-core/engine";

const BIN = fileURLToPath(new URL("../../bin/fedace-site.js", import.meta.url));

/**
 * Runs a command in a Node that has the engine's flags: this process where it has them, else a new one with the same
 * arguments and streams.
 *
 * @param interrupted ends the other process
 * @returns the exit code of the other process, or undefined if the work was done here
 */
export async function withEngineFlags(
  argv: readonly string[],
  interrupted: AbortSignal,
  work: () => Promise<void>,
): Promise<number | undefined> {
  const missing = ENGINE_NODE_FLAGS.filter((flag) => !process.execArgv.includes(flag));
  if (missing.length === 0) {
    await work();
    return undefined;
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, ...missing, BIN, ...argv], { stdio: "inherit" });
    // Ctrl-C reaches both; a signal sent to this process alone is passed on.
    interrupted.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 1);
    });
  });
}

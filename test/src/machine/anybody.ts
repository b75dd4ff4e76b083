import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../architecture/source-graph.js";

/** The account that owns nothing ("nobody" on every Linux), by number: its name need not be in the machine's list. */
const NOBODY = 65_534;

/**
 * Put behind a module's imports: what follows runs under an account that permissions hold for. The imports were read
 * before, so the checkout may lie in a folder of root's alone.
 */
export const AS_ANYBODY = `
  if (process.getuid() === 0) {
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
  }`;

/**
 * Runs an ES module in a process of its own and returns what it printed, read as JSON.
 *
 * @param workspace the package whose dependencies the module may import
 */
export function inProcess(workspace: string, module: string): unknown {
  const node = ["--input-type=module", "--eval", module];
  return JSON.parse(execFileSync(process.execPath, node, { cwd: join(ROOT, workspace), encoding: "utf8" })) as unknown;
}

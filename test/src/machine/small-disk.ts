import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../architecture/source-graph.js";

/** Bytes of the small disk; and, where no disk can be mounted, of the largest file that a process may write. */
const SMALL_BYTES = 1024 * 1024;

/** What shows that there is no room: a full disk, or a limit on the size of files (`ulimit -f`). */
export const FULL = /^(ENOSPC|EFBIG)$/;

const MOUNT = `mount -t tmpfs -o size=${SMALL_BYTES},mode=777 tmpfs "$1" && cd "$2" && shift 2 && exec "$@"`;
const LIMIT = `ulimit -f ${SMALL_BYTES / 512} && cd "$2" && shift 2 && exec "$@"`;

/** How a program gets a small disk here: a tmpfs in a mount namespace, of root or of a user namespace, or a limit. */
function way(): readonly string[] {
  const probe = mkdtempSync(join(tmpdir(), "fedace-"));
  try {
    for (const flags of ["-m", "-Urm"]) {
      const words = ["unshare", flags, "sh", "-c", MOUNT, "sh"];
      if (spawnSync("unshare", [...words.slice(1), probe, "/", "true"]).status === 0) return words;
    }
  } finally {
    rmSync(probe, { recursive: true });
  }
  return ["sh", "-c", LIMIT, "sh"];
}

/**
 * Runs an ES module with a small disk under `folder`, which ends with the module, and returns what it printed.
 *
 * @param workspace the package whose dependencies the module may import
 */
export function onSmallDisk(folder: string, workspace: string, module: string): string {
  const [command = "", ...words] = way();
  const node = [process.execPath, "--input-type=module", "--eval", module];
  return execFileSync(command, [...words, folder, join(ROOT, workspace), ...node], { encoding: "utf8" });
}

/** The address of a compiled file, as a literal for `import`. */
export function compiled(path: string): string {
  return JSON.stringify(new URL(path, `file://${ROOT}`).href);
}

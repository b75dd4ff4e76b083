import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

const holderSchema = z.strictObject({
  /** Of this one lock; never the same twice. */
  token: z.string().min(1),
  host: z.string(),
  /** Which boot of which kernel; empty where the system does not tell. */
  boot: z.string(),
  /** Which set of process numbers, which a container has for itself; empty where the system does not tell. */
  space: z.string(),
  pid: z.int(),
  /** When the process began, by the kernel's count: numbers of processes are used again. Empty where it does not tell. */
  started: z.string(),
});

/** Who holds a lock, as it is written into the lock file. */
export type Holder = z.output<typeof holderSchema>;

/** This process as the holder of a lock. */
export function thisProcess(token: string): Holder {
  return {
    token,
    host: hostname(),
    boot: told(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    space: told(() => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    started: startOf(process.pid) ?? "",
  };
}

/** What a lock file says; undefined where it says nothing yet, or something else. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of a holder still runs, as far as can be told from here: `unknown` for one of another machine or
 * container, whose processes cannot be seen.
 */
export function stateOf(holder: Holder, self: Holder): "runs" | "gone" | "unknown" {
  if (holder.boot !== "" && holder.space !== "") {
    if (holder.boot !== self.boot || holder.space !== self.space) return "unknown";
    return startOf(holder.pid) === holder.started ? "runs" : "gone";
  }
  if (holder.host !== self.host || holder.boot !== self.boot) return "unknown";
  try {
    process.kill(holder.pid, 0);
    // Perhaps another process that has been given its number.
    return holder.pid === self.pid ? "runs" : "unknown";
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH" ? "gone" : "unknown";
  }
}

/** Fields of /proc/PID/stat after the name in parentheses: the state is the first, the start the twentieth (proc(5)). */
const STATE = 0;
const START = 19;

/** When a process began; undefined where there is none, or one that has ended and is not buried yet. */
function startOf(pid: number): string | undefined {
  const stat = told(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[STATE] === "Z" || fields[STATE] === "X" ? undefined : fields[START];
}

function told(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../foundation/index.js";
import type { Clock } from "../../foundation/index.js";
import { parseHolder, stateOf, thisProcess } from "./holder.js";
import type { Holder } from "./holder.js";
import { BEAT_MS, SILENCE_MS, takeLock } from "./lock.js";
import type { FolderLock } from "./lock.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
let made = 0;
const fresh = (): string => join(root, `lock-${(made += 1)}`);
const never = (): void => {
  throw new Error("the lock was lost");
};
const parts = { clock: systemClock, lost: never };

/** A process whose numbers mean nothing here: in another container on the same disk. */
const elsewhere = (token: string): Holder => ({ ...thisProcess(token), space: "pid:[1]" });

/** A clock whose time goes on at once whenever somebody waits for it; `each` happens before every wait. */
function leapingClock(each: (now: number) => void = () => undefined): Clock & { waited: number } {
  const clock = {
    waited: 0,
    now: () => clock.waited,
    after: (delayMs: number, callback: () => void, keepsAlive = false) => {
      let cancelled = false;
      // The holder's own beats do not keep a process alive; only those who wait make time go on.
      if (!keepsAlive) return () => undefined;
      void setImmediate().then(() => {
        if (cancelled) return;
        clock.waited += delayMs;
        each(clock.waited);
        callback();
      });
      return () => {
        cancelled = true;
      };
    },
  };
  return clock;
}

async function taken(path: string, more: object = {}): Promise<FolderLock> {
  const lock = await takeLock(path, { ...parts, ...more });
  assert.ok(lock);
  return lock;
}

test("a lock is held once, and free after release", async () => {
  const path = fresh();
  const lock = await taken(path);
  assert.equal(await takeLock(path, parts), undefined);
  await lock.release();
  await (await taken(path)).release();
  assert.throws(() => readFileSync(path), { code: "ENOENT" });
});

test("a lock whose process was killed is taken over at once", async () => {
  const path = fresh();
  const script = `import { takeLock } from ${JSON.stringify(new URL("./lock.js", import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL("../../foundation/index.js", import.meta.url).href)};
    await takeLock(${JSON.stringify(path)}, { clock: systemClock, lost: () => {} });
    process.stdout.write("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const waiting = (): void => {
    throw new Error("nothing is to be waited for");
  };
  assert.equal(await takeLock(path, { ...parts, waiting }), undefined);
  child.kill("SIGKILL");
  await once(child, "exit");
  await (await taken(path, process.platform === "linux" ? { waiting } : { clock: leapingClock() })).release();
});

test("a holder in another container shows by its beats; one that is silent is gone", async () => {
  const path = fresh();
  const text = `${JSON.stringify(elsewhere("other"))}\n`;
  writeFileSync(path, text);
  const waits: number[] = [];
  const beats = leapingClock((now) => {
    if (now > SILENCE_MS - 2 * BEAT_MS) utimesSync(path, now, now);
  });
  assert.equal(await takeLock(path, { ...parts, clock: beats, waiting: (ms) => waits.push(ms) }), undefined);
  assert.deepEqual(waits, [SILENCE_MS]);
  assert.ok(beats.waited < SILENCE_MS);
  const silence = leapingClock();
  const lock = await taken(path, { clock: silence });
  assert.ok(silence.waited >= SILENCE_MS);
  await lock.release();
});

test("of two that take a silent lock over at one moment, one gets it", async () => {
  const path = fresh();
  writeFileSync(path, `${JSON.stringify(elsewhere("other"))}\n`);
  const both = await Promise.all(["a", "b"].map(() => takeLock(path, { ...parts, clock: leapingClock() })));
  assert.equal(both.filter((lock) => lock !== undefined).length, 1);
  for (const lock of both) await lock?.release();
});

test("a claim that was left between its two steps holds nobody up for good", async () => {
  const path = fresh();
  for (const file of [path, `${path}.claim`]) writeFileSync(file, `${JSON.stringify(elsewhere("other"))}\n`);
  await (await taken(path, { clock: leapingClock() })).release();
  assert.throws(() => readFileSync(`${path}.claim`), { code: "ENOENT" });
});

test("a lock that was cut off while it was written is judged by its silence too", async () => {
  const path = fresh();
  writeFileSync(path, "");
  const clock = leapingClock();
  await (await taken(path, { clock })).release();
  assert.ok(clock.waited >= SILENCE_MS);
});

test("a holder beats; it makes a lock that was removed again, and notices one that was taken", async () => {
  const path = fresh();
  let tick: () => void = () => undefined;
  let now = 1000;
  const clock: Clock = {
    now: () => now,
    after: (_delay, callback) => {
      tick = () => {
        tick = () => undefined;
        callback();
      };
      return () => undefined;
    },
  };
  let lost = false;
  const ended = new Promise<void>((resolve) => {
    void taken(path, {
      clock,
      lost: () => {
        lost = true;
        resolve();
      },
    }).then(() => {
      tick();
    });
  });
  const until = async (check: () => boolean): Promise<void> => {
    while (!check()) {
      now += 1000;
      tick();
      await setImmediate();
    }
  };
  const there = (): boolean => {
    try {
      return readFileSync(path, "utf8") !== "";
    } catch {
      return false;
    }
  };
  await until(there);
  rmSync(path);
  await until(there);
  assert.equal(lost, false);
  writeFileSync(path, `${JSON.stringify(elsewhere("thief"))}\n`);
  await until(() => lost);
  await ended;
});

test("a holder is judged by what can be seen of it", () => {
  const self = thisProcess("self");
  assert.deepEqual(parseHolder(JSON.stringify(self)), self);
  for (const text of ["", "{}", '{"pid":1}', "SQLite format 3"]) assert.equal(parseHolder(text), undefined);
  assert.equal(stateOf(self, self), "runs");
  assert.equal(stateOf({ ...self, boot: "another", space: "pid:[1]" }, self), "unknown");
  const bare = { ...self, boot: "", space: "", started: "" };
  assert.equal(stateOf(bare, bare), "runs");
  assert.equal(stateOf({ ...bare, pid: 2 ** 22 + 1 }, bare), "gone");
  assert.equal(stateOf({ ...bare, host: "other" }, bare), "unknown");
  assert.equal(stateOf({ ...bare, pid: process.ppid }, bare), "unknown", "it may have another's number");
  if (process.platform !== "linux") return;
  assert.equal(stateOf({ ...self, started: "1" }, self), "gone", "another process has its number");
});

import type { Clock } from "@fedace/ace-core/foundation";
import type { Rejection } from "@fedace/ace-core/protocol";
import { record } from "../records/index.js";
import type { Database } from "../store/index.js";

/** Refusals written per {@link WINDOW_MS}, from everybody together: somebody who knocks all day must not fill the disk. */
const REFUSALS = 120;
/** Of these at most so many of one site, and as many of all strangers: whoever floods must not hide what others are refused. */
const REFUSALS_OF_ONE = 40;
const WINDOW_MS = 60_000;

/** Everyday refusals of a resumed or late upload; the log of the round tells what became of it. */
const EVERYDAY: readonly string[] = ["UPDATE_OFFSET", "UPDATE_DUPLICATE", "ROUND_CLOSED", "UPDATE_UNKNOWN"];

/** Writes what was refused to whom into the audit log; beyond a rate only how many there were. */
export function refusalLog(
  database: Database,
  clock: Clock,
): (what: string, site: string | undefined, rejection: Rejection) => Promise<void> {
  let begin = 0;
  let count = 0;
  let unwritten = 0;
  const counts = new Map<string, number>();
  return async (what, site, rejection) => {
    if (EVERYDAY.includes(rejection.code)) return;
    const now = clock.now();
    if (now - begin >= WINDOW_MS) {
      begin = now;
      count = 0;
      counts.clear();
    }
    const peer = site ?? "";
    const ofPeer = counts.get(peer) ?? 0;
    if (count >= REFUSALS || ofPeer >= REFUSALS_OF_ONE) {
      unwritten += 1;
      return;
    }
    count += 1;
    counts.set(peer, ofPeer + 1);
    const before = unwritten === 0 ? {} : { unwrittenBefore: unwritten };
    unwritten = 0;
    const fields = { what, site: site ?? null, code: rejection.code, ...before };
    await database.transaction((sql) => record(sql, now, "refused", fields));
  };
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LIMITS } from "@fedace/ace-core/protocol";
import { ROOT } from "../architecture/source-graph.js";

const PAGE = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
const COORDINATOR = "packages/coordinator/src";

/** The value of a constant in a source file: products of numbers, limits of the wire and other constants there. */
function constant(path: string, name: string): number {
  const text = readFileSync(join(ROOT, path), "utf8");
  const written = new RegExp(`^(?:export )?const ${name}(?:: number)? = ([^;]+);`, "m").exec(text)?.[1];
  assert.ok(written, `${path} has no constant ${name}`);
  return written.split("*").reduce((product, factor) => {
    const word = factor.trim();
    const limit = /^LIMITS\.(\w+)$/.exec(word)?.[1];
    if (limit !== undefined) return product * LIMITS[limit as keyof typeof LIMITS];
    return product * (/^[A-Z_]+$/.test(word) ? constant(path, word) : Number(word.replaceAll("_", "")));
  }, 1);
}

const seconds = (ms: number): string => `${ms / 1000} s`;
const minutes = (ms: number): string => (ms === 60_000 ? "a minute" : `${ms / 60_000} minutes`);
const few = (count: number): string => ["no", "one", "two", "three", "four", "five"][count] ?? String(count);
const times = (count: number): string => ({ 2: "twice", 10: "ten times" })[count] ?? `${count} times`;
const decimal = (value: number): string => String(value).replace(/^0\./, ".");
const grouped = (count: number): string => String(count).replace(/(?<=\d)(?=(\d{3})+$)/g, " ");

const lobby = (name: string): number => constant(`${COORDINATOR}/transport/lobby.ts`, name);
const plausible = (name: string): number => constant(`${COORDINATOR}/rounds/plausible.ts`, name);
const refusals = (name: string): number => constant(`${COORDINATOR}/audit/refusals.ts`, name);
const outlet = (name: string): number => constant(`${COORDINATOR}/transport/outlet.ts`, name);

/** What each row of the table says, from the constants that the code goes by. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  "a stranger sends bytes and no token": [
    `${lobby("STRANGER_BYTES") / 1024} KiB and ${seconds(lobby("VISIT_MS"))} for a connection`,
    `${seconds(constant(`${COORDINATOR}/transport/gateway.ts`, "AUTHENTICATION_TIMEOUT_MS"))} for a websocket`,
  ],
  "strangers take all connections": [
    `${lobby("STRANGERS")} places`,
    `IPv6 /${16 * constant(`${COORDINATOR}/transport/origin.ts`, "IPV6_PREFIX")})`,
  ],
  "a site asks and does not read": [
    `above ${outlet("OUTGOING_BYTES") / 2 ** 20} MiB`,
    `above ${times(outlet("OUTGOING_MAX_BYTES") / outlet("OUTGOING_BYTES"))} that`,
    `after ${minutes(outlet("UNREAD_MS"))}`,
  ],
  "a site floods": [`${grouped(LIMITS.messages)} packets in ${seconds(LIMITS.messageWindowMs)}`],
  "a site fills the log or the disk": [
    `up to ${(refusals("REFUSALS") * 60_000) / refusals("WINDOW_MS")} a minute, ${refusals("REFUSALS_OF_ONE")} of one peer`,
  ],
  "a stolen token": [
    `for ${minutes(1000 * LIMITS.tokenLifetimeSeconds)};`,
    `as long as clocks may differ (${LIMITS.clockSkewSeconds} s)`,
  ],
  "one site owns the average": [
    `at most ${decimal(constant("packages/ace-core/src/aggregation/share.ts", "LARGEST_SHARE"))} of it`,
    `at most ${grouped(LIMITS.cases)} cases, ${Math.cbrt(LIMITS.caseVoxels)}³ voxels a case`,
  ],
  "an update far from training": [
    `at most ${times(plausible("OF_MODEL"))} the model's L2 norm`,
    `${times(plausible("OF_PAST"))} the lower median of the changes of the last ${few(plausible("PAST_ROUNDS"))} rounds`,
  ],
  "praise of a bad model": [
    `more than ${decimal(constant(`${COORDINATOR}/rounds/scores.ts`, "LARGEST_SPREAD"))} apart`,
  ],
};

for (const [attempt, figures] of Object.entries(ROWS)) {
  test(`SECURITY.md has the code's figures where ${attempt}`, () => {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| ${attempt} |`));
    assert.ok(row, "the table has this row");
    for (const figure of figures) assert.ok(row.includes(figure), `${figure} in: ${row}`);
  });
}

test("no row of the table has a figure that is not held against the code", () => {
  const rows = PAGE.split("\n").filter((line) => /^\| (?!---|what somebody)/.test(line));
  const unheld = rows.filter((row) => {
    const [, attempt = ""] = row.split("|");
    return /\d/.test(row) && !Object.hasOwn(ROWS, attempt.trim());
  });
  assert.deepEqual(unheld, []);
});

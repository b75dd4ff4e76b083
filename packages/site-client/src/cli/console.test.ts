import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import { consoleLogger, Printer } from "@fedace/ace-core/host";
import { remedyOf } from "./remedies.js";
import { terminalOf } from "./cli.test.helper.js";

test("the console shows time, message and code to people, and JSON lines to machines", () => {
  const people = terminalOf();
  const logger = consoleLogger({ ...people, clock: systemClock }, { json: false, level: "info", remedyOf });
  logger.info("connected");
  logger.warn("no way", { code: "COORDINATOR_REFUSED" });
  logger.debug("hidden");
  assert.equal(people.err.length, 2);
  assert.match(people.err[0] ?? "", /^\d\d:\d\d:\d\d {2}connected\n$/);
  const said = /^\d\d:\d\d:\d\d {2}warning: no way \[COORDINATOR_REFUSED\]\n {10}next: Ask the operator whether .*\n$/;
  assert.match(people.err[1] ?? "", said);
  logger.warn("still no way", { code: "COORDINATOR_REFUSED" });
  assert.match(people.err[2] ?? "", /still no way \[COORDINATOR_REFUSED\]\n$/, "what to do is not said twice in a row");
  logger.error("too large", { code: "PLAN_MEMORY", remedy: "This would fit: training.batch: 2." });
  assert.match(
    people.err[3] ?? "",
    /error: too large \[PLAN_MEMORY\]\n {10}next: This would fit: training.batch: 2.\n$/,
  );
  const machines = terminalOf();
  consoleLogger({ ...machines, clock: systemClock }, { json: true, level: "info" }).info("connected", { port: 1 });
  const { msg, port } = JSON.parse(machines.err[0] ?? "") as { msg: string; port: number };
  assert.deepEqual([msg, port], ["connected", 1]);
});

test("progress appears after a second, with the time left, and is redrawn where people watch", () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const { terminal, err } = terminalOf({}, true);
  const progress = new Printer(terminal, clock, false).progress("reading");
  now = 999;
  progress.update(1, 10);
  now = 2000;
  progress.update(2, 10);
  assert.equal(err.join("|"), "\r\u001b[Kreading: 20 %, 8 s left", "and nothing before");
  progress.end();
  assert.equal(err[1], "\r\u001b[K");
  const lines = terminalOf();
  const slow = new Printer(lines.terminal, clock, false).progress("reading");
  now = 4000;
  slow.update(5, 10);
  slow.update(6, 10);
  now = 20_000;
  slow.update(7, 10, 90);
  slow.end();
  assert.deepEqual(lines.err, ["reading: 50 %, 2 s left\n", "reading: 70 %, 1 min 30 s left\n"]);
});

import assert from "node:assert/strict";
import test from "node:test";
import { LIMITS } from "@fedace/ace-core/protocol";
import { CONNECTION_RATE, MESSAGE_RATES, SiteRates } from "./rates.js";

const START = 1_000_000;

test("a window admits as many as its limit says, the next one as many again, and one that the clock set back begins", () => {
  const rates = new SiteRates();
  for (const [limit, admit] of [
    [LIMITS.messages, (now: number) => rates.packet(now)],
    [CONNECTION_RATE, (now: number) => rates.connect(now)],
    [MESSAGE_RATES.decline, (now: number) => rates.message("decline", now)],
    [MESSAGE_RATES["model.read"], (now: number) => rates.message("model.read", now)],
  ] as const) {
    const admitted = (now: number): number =>
      Array.from({ length: limit + 5 }, () => admit(now)).filter(Boolean).length;
    assert.equal(admitted(START), limit);
    assert.equal(admit(START + LIMITS.messageWindowMs - 1), false);
    assert.equal(admitted(START + LIMITS.messageWindowMs), limit);
    assert.equal(admit(START), true);
  }
});

test("one kind of message does not use up another's rate", () => {
  const rates = new SiteRates();
  while (rates.message("decline", START));
  assert.equal(rates.message("manifest", START), true);
});

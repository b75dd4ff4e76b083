import assert from "node:assert/strict";
import test from "node:test";
import { LIMITS } from "@fedace/ace-core/protocol";
import { MessageWindow } from "./window.js";

test("a window admits as many messages as the limit says, and the next one as many again", () => {
  const window = new MessageWindow();
  const admit = (now: number): number =>
    Array.from({ length: LIMITS.messages + 5 }, () => window.admit(now)).filter(Boolean).length;
  assert.equal(admit(1_000_000), LIMITS.messages);
  assert.equal(window.admit(1_000_000 + LIMITS.messageWindowMs - 1), false);
  assert.equal(admit(1_000_000 + LIMITS.messageWindowMs), LIMITS.messages);
});

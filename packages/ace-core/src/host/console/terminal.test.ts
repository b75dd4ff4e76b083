import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const terminal = JSON.stringify(new URL("terminal.js", import.meta.url).href);

/** A command that writes lines until it is interrupted, and then says so. */
const STORY = `
  import { processTerminal } from ${terminal};
  const { out, err, interrupted } = processTerminal();
  const writing = setInterval(() => out("a line\\n"), 1);
  interrupted.addEventListener("abort", () => { clearInterval(writing); err("ended in order"); process.exitCode = 0; });`;

/** Runs the story until a line has come, then closes the reading end of its output, as `head` does. */
async function cutOff(): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", STORY], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (part) => (said += String(part)));
  const ended = once(child, "close");
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = (await ended) as [unknown];
  return { code, said };
}

test("a command whose reader has gone ends in order and without a word of it", async () => {
  assert.deepEqual(await cutOff(), { code: 0, said: "ended in order" });
});

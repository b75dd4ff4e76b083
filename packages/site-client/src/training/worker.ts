/**
 * The training process: started by `trainer.ts`, it holds the archive and the engine and has no way to the network.
 * It ends with the process that started it.
 */
import { writeSync } from "node:fs";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";
import { onLines } from "./lines.js";
import { openWorkshop } from "./workshop.js";
import type { Workshop, Listener } from "./workshop.js";
import { REPLIES_FD, requestSchema } from "./messages.js";
import type { Reply, Request } from "./messages.js";

const running = new Map<number, AbortController>();
let workshop: Workshop | undefined;

function reply(message: Reply): void {
  try {
    writeSync(REPLIES_FD, `${JSON.stringify(message)}\n`);
  } catch {
    // Nobody reads any more.
    process.exit(0);
  }
}

function listenerOf(id: number): Listener {
  const controller = new AbortController();
  running.set(id, controller);
  return {
    signal: controller.signal,
    progress: (progress) => {
      reply({ type: "progress", id, ...progress });
    },
    skipped: (cases) => {
      reply({ type: "skipped", id, cases });
    },
  };
}

async function answer(request: Exclude<Request, { type: "abort" }>): Promise<unknown> {
  if (request.type === "open") {
    const opened = await openWorkshop(request, () => process.availableMemory());
    workshop = opened.workshop;
    return opened.ready;
  }
  if (workshop === undefined)
    throw siteError("SITE_INTERNAL", "The training process was asked to work before it was opened.");
  const listener = listenerOf(request.id);
  switch (request.type) {
    case "survey":
      return workshop.survey(request.inputs, listener);
    case "work":
      return workshop.work(request, listener);
    case "compare":
      return workshop.compare(request, listener);
  }
}

async function handle(line: string): Promise<void> {
  const request = requestSchema.parse(JSON.parse(line));
  if (request.type === "abort") {
    running.get(request.id)?.abort();
    return;
  }
  const { id } = request;
  try {
    reply({ type: "done", id, value: await answer(request) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const known = isFedaceError(error) ? error : siteError("SITE_INTERNAL", `The training process failed: ${text}.`);
    reply({ type: "failed", id, code: known.code, exit: known.exit, message: known.message, remedy: known.remedy });
  } finally {
    running.delete(id);
  }
}

onLines(process.stdin, (line) => {
  void handle(line);
});
process.stdin.on("close", () => process.exit(0));
// Ctrl-C reaches the whole group: the other process decides when this one ends.
process.on("SIGINT", () => undefined);

import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { arrived, follow, parseNoticeFile, readRegistration, writeRegistration } from "../identity/index.js";
import { addCommand, DATA_OPTION, dataOf, printerOf, withLock } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";

/** Largest notice file, bytes: a certificate and a few lines. */
const MAX_NOTICE_BYTES = 128 * 1024;

export function addFollow(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "follow <notice>",
    "take the coordinator's new address or certificate from its signed notice",
    "fedace-site follow moved.json --data /srv/fedace-site",
  )
    .option(...DATA_OPTION)
    .action((notice: string, options: DataOptions) => followNotice(context, notice, options));
}

async function followNotice(context: CommandContext, file: string, options: DataOptions): Promise<void> {
  const jws = parseNoticeFile(readNotice(file));
  const printer = printerOf(context, options);
  await withLock(context, options, dataOf(context, options), async (paths) => {
    const registration = readRegistration(paths);
    const moved = await follow(registration, jws);
    // Whoever gives the command knows that the coordinator has moved.
    const now = arrived(moved ?? registration);
    await writeRegistration(paths, now);
    const { url, coordinator, tls } = now;
    printer.result({ url, coordinator: coordinator.name, followed: moved !== undefined }, [
      moved === undefined ? `known already: ${coordinator.name} is at ${url}` : `${coordinator.name} is at ${url} now`,
      `  certificate  ${tls.mode === "pinned" ? `SHA-256 ${tls.fingerprint}` : "one that this machine trusts"}`,
    ]);
  });
}

/** @throws FILE_UNREADABLE, NOTICE_INVALID */
function readNotice(path: string): string {
  try {
    if (statSync(path).size <= MAX_NOTICE_BYTES) return readFileSync(path, "utf8");
  } catch (cause) {
    throw siteError("FILE_UNREADABLE", `The notice ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  throw siteError("NOTICE_INVALID", `${path} is too large to be a notice.`);
}

import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { dataPaths, readRegistration, siteKeys } from "../identity/index.js";
import { verifyLedger } from "../ledger/index.js";
import type { LedgerEntry } from "../ledger/index.js";
import { addCommand, DATA_OPTION, dataOf, printerOf } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";

export function addReceipts(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "receipts",
    "what has left this site, checked line by line against the site's keys",
    "fedace-site receipts --data /srv/fedace-site",
  )
    .option(...DATA_OPTION)
    .action((options: DataOptions) => receipts(context, options));
}

async function receipts(context: CommandContext, options: DataOptions): Promise<void> {
  const paths = dataPaths(dataOf(context, options));
  const exist = existsSync(paths.receipts);
  // No receipts yet is what a site that has joined may have; a folder of nobody's, or of another account, says nothing.
  if (!exist) readRegistration(paths);
  const text = exist ? readFileSync(paths.receipts, "utf8") : "";
  const keys = await siteKeys(paths);
  const entries = await verifyLedger(text, keys);
  printerOf(context, options).result({ verified: true, entries }, [
    ...entries.map(describe),
    `${entries.length} receipts, all signed by this site and in one unbroken chain`,
  ]);
}

function describe({ seq, time, kind, what }: LedgerEntry): string {
  return `${seq}  ${time}  ${kind}  ${JSON.stringify(what)}`;
}

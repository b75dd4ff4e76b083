import type { Command } from "commander";
import { factsText } from "../audit/index.js";
import { auditEntries, verifyAudit } from "../records/index.js";
import type { AuditEntry } from "../records/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";

export function addAudit(program: Command, context: CommandContext): void {
  const audit = program.command("audit").description("read and verify the audit log");
  addCommand(audit, "list", "list what happened, oldest first", "fedace-coordinator audit list").action(
    (options: CommonOptions) =>
      withCoordinator(context, options, ({ database }) =>
        printerOf(context, options).list("entries", auditEntries(database), plain, line),
      ),
  );
  addCommand(
    audit,
    "verify",
    "check that no entry was changed, added or taken out",
    "fedace-coordinator audit verify",
  ).action((options: CommonOptions) =>
    withCoordinator(context, options, async ({ database }) => {
      const { entries, head } = await verifyAudit(database);
      printerOf(context, options).result({ entries, head }, [
        `The audit log is sound: ${entries} ${entries === 1 ? "entry" : "entries"}, the last with hash ${head}.`,
        `Kept elsewhere, that hash shows later whether the end was cut off.`,
      ]);
    }),
  );
}

function plain({ sequence, at, event, fields, hash }: AuditEntry): object {
  return { sequence, time: new Date(at).toISOString(), event, fields, hash };
}

function line({ sequence, at, event, fields }: AuditEntry): string {
  return `${String(sequence).padStart(6)}  ${new Date(at).toISOString()}  ${event}  ${factsText(fields)}`;
}

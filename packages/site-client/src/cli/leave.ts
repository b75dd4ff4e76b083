import { seededRandom, silentLogger } from "@fedace/ace-core/foundation";
import { agreed } from "@fedace/ace-core/host";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { dataPaths, forgetSite, readRegistration } from "../identity/index.js";
import { tellLeaving } from "../leave.js";
import { addCommand, DATA_OPTION, dataOf, printerOf, proxyOf, withLock } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";

interface LeaveOptions extends DataOptions {
  readonly forget?: boolean;
  readonly offline?: boolean;
  readonly yes?: boolean;
}

export function addLeave(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "leave",
    "tell the coordinator that this site leaves: it refuses this site's key from then on",
    "fedace-site leave --data /srv/fedace-site --forget",
  )
    .option(...DATA_OPTION)
    .option("--forget", "delete the site's private key and settings here as well; the record of what left stays")
    .option("--offline", "tell nobody, with --forget: the coordinator is gone, or has revoked this site")
    .option("--yes", "do it without asking")
    .action((options: LeaveOptions) => leave(context, options));
}

async function leave(context: CommandContext, options: LeaveOptions): Promise<void> {
  const { clock, terminal } = context;
  const { forget = false, offline = false } = options;
  if (offline && !forget) throw siteError("COMMAND_USAGE", "--offline without --forget does nothing.");
  const data = dataOf(context, options);
  const registration = readRegistration(dataPaths(data));
  const { site, coordinator, url } = registration;
  const printer = printerOf(context, options);
  const what = [
    ...(offline ? [] : [`Leave ${coordinator.name} at ${url}, which then refuses the site ${site} in every run`]),
    ...(forget ? [`${offline ? "Delete" : "and delete"} its private key and settings here`] : []),
  ].join(", ");
  if (options.yes !== true && !(await agreed(terminal, printer, `${what}, for good?`))) return;
  await withLock(context, options, data, async (paths) => {
    const parts = { clock, random: seededRandom(clock.now()), logger: silentLogger };
    const told = offline ? false : await tellLeaving(parts, { paths, registration, proxy: proxyOf(context) });
    if (forget) await forgetSite(paths);
    printer.result({ site, coordinator: coordinator.name, told, forgotten: forget, receipts: paths.receipts }, [
      offline
        ? `${coordinator.name} was not told.`
        : told
          ? `${site} has left ${coordinator.name}: its key is refused there from now on.`
          : `${coordinator.name} does not take ${site} any more; there was nothing to tell.`,
      forget
        ? `Its private key and settings were deleted; what has left this site stays in ${paths.receipts}.`
        : `Its key and settings are still in ${data}; \`fedace-site leave --offline --forget\` deletes them.`,
    ]);
  });
}

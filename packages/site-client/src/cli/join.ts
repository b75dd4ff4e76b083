import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { isJoined, joinAnswered, keyToJoinWith, readInvitation, writeRegistration } from "../identity/index.js";
import type { Registration } from "../identity/index.js";
import { requestJoin } from "../transport/index.js";
import { addCommand, DATA_OPTION, dataOf, printerOf, proxyOf, withLock } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";

interface JoinOptions extends DataOptions {
  readonly replace?: boolean;
}

export function addJoin(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "join <invitation>",
    "make this site's key and enrol it with a coordinator",
    "fedace-site join st-mary.invitation.json --data /srv/fedace-site",
  )
    .option(...DATA_OPTION)
    .option("--replace", "give up an enrolment that the data folder already holds")
    .action((invitation: string, options: JoinOptions) => join(context, invitation, options));
}

async function join(context: CommandContext, file: string, options: JoinOptions): Promise<void> {
  const { clock } = context;
  const data = dataOf(context, options);
  const invitation = readInvitation(file, clock.now());
  const printer = printerOf(context, options);
  await withLock(context, options, data, async (paths) => {
    if (isJoined(paths) && options.replace !== true) {
      throw siteError("SITE_ALREADY_JOINED", `The data folder ${data} belongs to a site that has joined already.`);
    }
    const key = await keyToJoinWith(paths, invitation);
    try {
      await requestJoin(invitation, key, clock, proxyOf(context));
    } catch (error) {
      if (!isFedaceError(error) || error.exit !== "network") joinAnswered(paths, key, false);
      throw error;
    }
    const registration: Registration = {
      format: "fedace-site",
      version: 1,
      site: invitation.site,
      key: key.publicKey,
      url: invitation.url,
      coordinator: invitation.coordinator,
      tls: invitation.tls,
      joined: new Date(clock.now()).toISOString(),
    };
    await writeRegistration(paths, registration);
    joinAnswered(paths, key, true);
    const { site, url, coordinator } = registration;
    printer.result({ site, coordinator: coordinator.name, url, key: key.thumbprint, data }, [
      `joined ${coordinator.name} at ${url} as ${site}`,
      `  site key     ${key.thumbprint}`,
      `  data folder  ${data}`,
      `next: fedace-site serve --data ${data} --archive ARCHIVE --kind tissue|lesion`,
    ]);
  });
}

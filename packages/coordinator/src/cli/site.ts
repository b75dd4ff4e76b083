import { rmSync } from "node:fs";
import type { Command } from "commander";
import { table, time, writeDurably } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { INVITATION_LIFETIME_MAX_MS, INVITATION_LIFETIME_MS, invite, requireSiteName } from "../identity/index.js";
import { findSite, listSites, openInvitations, record, revokeSite } from "../records/index.js";
import type { Site } from "../records/index.js";
import { readSettings } from "../service/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { FORCE_OPTION, outputError, requireOutput } from "./files.js";

export function addSite(program: Command, context: CommandContext): void {
  const site = program.command("site").description("invite, list and revoke sites");
  addCommand(
    site,
    "invite <name>",
    "make an invitation file for a site, to be used once",
    "fedace-coordinator site invite north --out north.json",
  )
    .requiredOption("--out <file>", "invitation file to write; send it to the site by a way you trust")
    .option(...FORCE_OPTION)
    .option("--expires <time>", "how long it is valid, such as 12h or 7d", "7d")
    .action((name: string, options: InviteOptions) => inviteSite(context, name, options));
  addCommand(site, "list", "list the sites", "fedace-coordinator site list").action((options: CommonOptions) =>
    list(context, options),
  );
  addCommand(
    site,
    "revoke <name>",
    "refuse a site from now on; takes effect on its open connection",
    "fedace-coordinator site revoke north",
  ).action((name: string, options: CommonOptions) => revoke(context, name, options));
}

interface InviteOptions extends CommonOptions {
  readonly out: string;
  readonly expires: string;
  readonly force?: boolean;
}

async function inviteSite(context: CommandContext, name: string, options: InviteOptions): Promise<void> {
  const lifetimeMs = lifetime(options.expires);
  requireSiteName(name);
  await requireOutput(options.out, { force: options.force ?? false });
  await withCoordinator(context, options, async ({ database, key }) => {
    const { url, name: coordinatorName, certificate } = await readSettings(database);
    const init = { site: name, url, coordinatorName, certificate, key, lifetimeMs };
    let written = false;
    const invitation = await invite(database, init, context.clock.now(), async (made) => {
      await writeDurably(options.out, `${JSON.stringify(made, null, 2)}\n`).catch((cause: unknown) => {
        throw outputError(options.out, cause);
      });
      written = true;
    }).catch((error: unknown) => {
      // The file holds an invitation that the database does not know.
      if (written) rmSync(options.out, { force: true });
      throw error;
    });
    printerOf(context, options).result({ site: name, file: options.out, expires: invitation.expires }, [
      `${options.out} invites the site ${name} to ${url}, once, until ${invitation.expires}.`,
      `It holds a secret: send it by a way you trust. There: fedace-site join ${options.out} --data DIR`,
    ]);
  });
}

/** @throws EXPIRY_INVALID */
function lifetime(text: string): number {
  const match = /^(\d{1,6})(m|h|d)$/.exec(text);
  const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[(match?.[2] ?? "m") as "m"];
  const ms = match === null ? INVITATION_LIFETIME_MS : Number(match[1]) * unit;
  if (match !== null && ms > 0 && ms <= INVITATION_LIFETIME_MAX_MS) return ms;
  throw coordinatorError("EXPIRY_INVALID", `"${text}" cannot be the time an invitation is valid.`);
}

async function list(context: CommandContext, options: CommonOptions): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const [sites, invitations] = await Promise.all([listSites(database), openInvitations(database)]);
    const rows = sites.map((site) => ({
      site: site.name,
      state: stateOf(site),
      cases: site.manifest?.cases ?? null,
      engine: site.manifest?.engine ?? null,
      lastSeen: site.seenAt === null ? null : new Date(site.seenAt).toISOString(),
      invitationUntil: expiry(invitations.get(site.name)),
    }));
    const lines = table(
      ["site", "state", "cases", "engine", "last seen", "open invitation until"],
      rows.map((row, i) => [
        row.site,
        row.state,
        row.cases === null ? "–" : String(row.cases),
        row.engine ?? "–",
        time(sites[i]?.seenAt ?? null),
        time(invitations.get(row.site) ?? null),
      ]),
    );
    const none = ["There are no sites yet: fedace-coordinator site invite NAME --out FILE"];
    printerOf(context, options).result({ sites: rows }, rows.length === 0 ? none : lines);
  });
}

function expiry(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function stateOf(site: Site): "revoked" | "invited" | "damaged, invite again" | "connected" | "joined" {
  if (site.revokedAt !== null) return "revoked";
  if (site.damaged) return "damaged, invite again";
  if (site.joinedAt === null) return "invited";
  return site.connectedAt === null ? "joined" : "connected";
}

async function revoke(context: CommandContext, name: string, options: CommonOptions): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const now = context.clock.now();
    await database.transaction(async (sql) => {
      if ((await findSite(sql, name)) === undefined)
        throw coordinatorError("SITE_NOT_FOUND", `There is no site ${name}.`);
      if (await revokeSite(sql, name, now)) await record(sql, now, "site.revoked", { site: name });
    });
    printerOf(context, options).result({ site: name, state: "revoked" }, [`The site ${name} is refused from now on.`]);
  });
}

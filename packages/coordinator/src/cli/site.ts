import { rmSync } from "node:fs";
import type { Command } from "commander";
import { table, time, writeDurably } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { INVITATION_LIFETIME_MAX_MS, INVITATION_LIFETIME_MS, invite, requireSiteName } from "../identity/index.js";
import { findSite, listSites, openInvitations, record, revokeSite, RIVALS_WINDOW_MS } from "../records/index.js";
import type { Site } from "../records/index.js";
import { readSettings } from "../service/index.js";
import { isServed } from "../store/index.js";
import { addCommand, confirmed, NOT_SERVED, printerOf, withCoordinator, YES_OPTION } from "./command.js";
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
  )
    .option(...YES_OPTION)
    .action((name: string, options: CommonOptions & { yes?: boolean }) => revoke(context, name, options));
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
  await withCoordinator(context, options, async ({ database, folder }) => {
    const serving = isServed(folder);
    const [sites, invitations] = await Promise.all([listSites(database), openInvitations(database)]);
    const now = context.clock.now();
    const seen = sites.map((site) => (serving && site.connectedAt !== null ? now : site.seenAt));
    const rows = sites.map((site, i) => ({
      site: site.name,
      state: stateOf(site, serving),
      cases: site.manifest?.cases ?? null,
      engine: site.manifest?.engine ?? null,
      lastSeen: moment(seen[i] ?? null),
      invitationUntil: moment(invitations.get(site.name) ?? null),
      /** When two clients were last seen to connect as this site. */
      twoClients: moment(rivals(site, now)),
    }));
    const lines = [
      table(
        ["site", "state", "cases", "engine", "last seen", "open invitation until"],
        rows.map((row, i) => [
          row.site,
          row.state,
          row.cases === null ? "–" : String(row.cases),
          row.engine ?? "–",
          time(seen[i] ?? null),
          time(invitations.get(row.site) ?? null),
        ]),
      ),
    ];
    const none = ["There are no sites yet: fedace-coordinator site invite NAME --out FILE"];
    printerOf(context, options).result({ serving, sites: rows }, [
      ...(rows.length === 0 ? none : lines),
      ...sites.flatMap((site) => (rivals(site, now) === null ? [] : rivalLines(site))),
      ...(serving ? [] : [NOT_SERVED]),
    ]);
  });
}

/** When it was last seen that two clients connect as a site, while that is not long ago. */
function rivals({ rivalsAt, revokedAt }: Site, now: number): number | null {
  return rivalsAt === null || revokedAt !== null || now - rivalsAt >= RIVALS_WINDOW_MS ? null : rivalsAt;
}

function rivalLines({ name, rivalsAt }: Site): string[] {
  return [
    `${name}: two clients connect as this site and push each other out, last at ${time(rivalsAt)}`,
    `  next: have one of them stopped; if the site runs only one, its key was copied: fedace-coordinator site revoke ${name}`,
  ];
}

function moment(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function stateOf(
  site: Site,
  serving: boolean,
): "revoked" | "left" | "invited" | "damaged, invite again" | "connected" | "joined" {
  if (site.revokedAt !== null) return site.leftAt === null ? "revoked" : "left";
  if (site.damaged) return "damaged, invite again";
  if (site.joinedAt === null) return "invited";
  return serving && site.connectedAt !== null ? "connected" : "joined";
}

async function revoke(
  context: CommandContext,
  name: string,
  options: CommonOptions & { readonly yes?: boolean },
): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const known = (await findSite(database, name)) !== undefined;
    if (known && !(await confirmed(context, options, `Refuse the site ${name} from now on, in every run?`))) return;
    const now = context.clock.now();
    await database.transaction(async (sql) => {
      if ((await findSite(sql, name)) === undefined)
        throw coordinatorError("SITE_NOT_FOUND", `There is no site ${name}.`);
      if (await revokeSite(sql, name, now, "revoked")) await record(sql, now, "site.revoked", { site: name });
    });
    printerOf(context, options).result({ site: name, state: "revoked" }, [`The site ${name} is refused from now on.`]);
  });
}

import type { Clock } from "@fedace/ace-core/foundation";
import type { SiteAnswer, SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import { record } from "../audit/index.js";
import { Refusal } from "../identity/index.js";
import { noteConnection, noteManifest } from "../store/index.js";
import type { Database } from "../store/index.js";
import type { Desk, Links, SiteLink } from "../transport/index.js";

export interface DeskParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly links: Links;
}

export function createDesk(parts: DeskParts): Desk {
  const { clock, database, links } = parts;
  return {
    async connected(link) {
      links.add(link);
      const now = clock.now();
      await database.transaction(async (sql) => {
        await noteConnection(sql, link.site, now, now);
        await record(sql, now, "site.connected", { site: link.site });
      });
    },
    async disconnected(link) {
      if (!links.remove(link)) return;
      const now = clock.now();
      await database.transaction(async (sql) => {
        await noteConnection(sql, link.site, null, now);
        await record(sql, now, "site.disconnected", { site: link.site });
      });
    },
    async answer<N extends SiteMessageName>(link: SiteLink, name: N, payload: SiteMessage<N>): Promise<SiteAnswer<N>> {
      if (name !== "manifest") throw new Refusal("RUN_UNKNOWN");
      const now = clock.now();
      await noteManifest(database, link.site, payload as SiteMessage<"manifest">, now);
      return { site: link.site, time: now } as SiteAnswer<N>;
    },
  };
}

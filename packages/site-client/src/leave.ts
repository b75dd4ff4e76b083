import { randomUUID } from "node:crypto";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock, Logger, Random } from "@fedace/ace-core/foundation";
import { thumbprint } from "@fedace/ace-core/host";
import { siteError } from "./errors.js";
import { checkAddress, connectionToken, loadSiteKey, siteKeys } from "./identity/index.js";
import type { DataPaths, Registration } from "./identity/index.js";
import { openLedger } from "./ledger/index.js";
import { createOutbound } from "./outbound/index.js";
import { Connection, Places, tunnelTo } from "./transport/index.js";
import type { ProxySetting } from "./transport/index.js";

interface LeaveParts {
  readonly clock: Clock;
  readonly random: Pick<Random, "uniform">;
  readonly logger: Logger;
}

interface LeaveInit {
  /** Of a data folder that this process holds locked. */
  readonly paths: DataPaths;
  readonly registration: Registration;
  readonly proxy?: ProxySetting;
}

/** The coordinator does not take this site any more, whatever it is told. */
const GONE: readonly string[] = ["SITE_REVOKED", "SITE_UNKNOWN"];

/**
 * Tells the coordinator that this site leaves, on a connection made for that with the site's key.
 *
 * @returns whether it had to be told; false where the coordinator does not take this site any more
 * @throws LEAVE_UNKNOWN from a coordinator of an older version; COORDINATOR_…, PROXY_…, LEDGER_BROKEN, SITE_DISK, or the
 *   code of a refusal: nothing is known to have changed then
 */
export async function tellLeaving(parts: LeaveParts, { paths, registration, proxy }: LeaveInit): Promise<boolean> {
  const { clock, logger } = parts;
  const { site, coordinator } = registration;
  const key = await loadSiteKey(paths, await thumbprint(registration.key));
  const ledger = await openLedger(paths.receipts, { key, keys: await siteKeys(paths), clock, logger });
  const address = checkAddress(registration.url);
  const audience = await thumbprint(coordinator.key);
  const uniqueId = (): string => randomUUID();
  return new Promise((resolve, reject) => {
    const connection: Connection = new Connection(parts, {
      places: new Places({ address, trust: registration.tls, tunnel: tunnelTo(address, proxy) }),
      token: (name) => connectionToken(key, { site, audience, connection: name, uniqueId }, clock.now()),
      events: {
        connected: () => {
          createOutbound({ line: connection.line, ledger, clock })
            .leave()
            .then(
              () => {
                end(undefined);
              },
              (error: unknown) => {
                end(isFedaceError(error, "MESSAGE_MALFORMED") ? unknownThere(site) : (error as Error));
              },
            );
        },
        disconnected: () => undefined,
        message: () => undefined,
        // One attempt: whoever gave the command is there to give it again.
        retrying: (error) => {
          end(error);
        },
        ended: (error) => {
          end(error);
        },
      },
    });
    const end = (error: Error | undefined): void => {
      connection.stop();
      if (error === undefined) resolve(true);
      else if (isFedaceError(error) && GONE.includes(error.code)) resolve(false);
      else reject(error);
    };
    connection.start();
  });
}

function unknownThere(site: string): Error {
  return siteError("LEAVE_UNKNOWN", `The coordinator does not know what it means that a site leaves.`, {
    remedy: `Ask the operator for \`fedace-coordinator site revoke ${site}\`; then \`fedace-site leave --offline --forget\` forgets the key here.`,
  });
}

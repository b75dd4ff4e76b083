import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Logger } from "@fedace/ace-core/foundation";
import { arrived, checkAddress, follow, writeRegistration } from "./identity/index.js";
import type { DataPaths, Registration } from "./identity/index.js";
import { Places, placeOf, tunnelTo } from "./transport/index.js";
import type { Place, ProxySetting } from "./transport/index.js";

/** Where a site looks for its coordinator, kept in its data folder as the coordinator's notices say. */
interface Whereabouts {
  readonly places: Places;
  /** A notice came, whoever it is from. */
  heard(jws: string): Promise<void>;
  /** The coordinator was met. */
  met(): Promise<void>;
}

/** @throws INVITATION_INVALID where the data folder holds an address that cannot be used */
export function whereabouts(
  logger: Logger,
  paths: DataPaths,
  registered: Registration,
  proxy: ProxySetting | undefined,
): Whereabouts {
  let registration = registered;
  const places = new Places(...placesOf(registration, proxy));
  /** Changes come one after the other, each to what the one before has written. */
  let last = Promise.resolve();
  const change = (to: (now: Registration) => Promise<Registration | undefined>, done: () => void): Promise<void> => {
    last = last.then(async () => {
      try {
        const next = await to(registration);
        if (next === undefined) return;
        await writeRegistration(paths, next);
        registration = next;
        places.replace(...placesOf(next, proxy));
        done();
      } catch (error) {
        logger.error(`where the coordinator has moved to could not be kept: ${(error as Error).message}`, {
          code: isFedaceError(error) ? error.code : "SITE_DISK",
        });
      }
    });
    return last;
  };
  return {
    places,
    heard: (jws) =>
      change(
        (now) => follow(now, jws),
        () => {
          const place = placeOf(places.current.address);
          logger.info(`the coordinator will be at ${place}; this site follows when the connection ends`);
        },
      ),
    met: () =>
      change(
        (now) => Promise.resolve(now.moved?.from !== undefined && places.isFirst ? arrived(now) : undefined),
        () => undefined,
      ),
  };
}

function placesOf({ url, tls, moved }: Registration, proxy: ProxySetting | undefined): [Place, ...Place[]] {
  const place = (at: Pick<Registration, "url" | "tls">): Place => {
    const address = checkAddress(at.url);
    return { address, trust: at.tls, tunnel: tunnelTo(address, proxy) };
  };
  const from = moved?.from;
  if (from === undefined) return [place({ url, tls })];
  // A server that starts once more at its old address has the new certificate already.
  const mixed = from.url === url ? [] : [place({ url: from.url, tls })];
  return [place({ url, tls }), place(from), ...mixed];
}

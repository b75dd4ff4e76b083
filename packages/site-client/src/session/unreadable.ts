import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Logger } from "@fedace/ace-core/foundation";
import type { Outbound } from "../outbound/index.js";
import { advice } from "./reticent.js";

interface Parts {
  readonly logger: Logger;
  readonly outbound: Pick<Outbound, "allow" | "decline">;
}

/**
 * Says what is wrong with an assignment, here and, where it can be told but not be read, as one of a newer version, to the
 * coordinator: nobody is to wait for it.
 */
export async function refuseAssignment({ logger, outbound }: Parts, error: unknown): Promise<void> {
  const code = isFedaceError(error) ? error.code : "SITE_INTERNAL";
  const message = error instanceof Error ? error.message : "?";
  logger.error(`an assignment was not accepted: ${message}`, { code, ...advice(error) });
  const { run, round } = isFedaceError(error) ? error.fields : {};
  if (typeof run !== "string" || typeof round !== "number") return;
  outbound.allow([run]);
  await outbound.decline({ run, round, code }).catch((failure: unknown) => {
    logger.warn("an assignment could not be declined", isFedaceError(failure) ? { code: failure.code } : {});
  });
}

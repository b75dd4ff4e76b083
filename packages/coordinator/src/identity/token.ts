import type { Clock } from "@fedace/ace-core/foundation";
import { unverifiedPayload, verifyJws } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import {
  boundConnection,
  handshakeSchema,
  LIMITS,
  PROTOCOL_VERSION,
  tokenClaimsSchema,
} from "@fedace/ace-core/protocol";
import type { TokenClaims } from "@fedace/ace-core/protocol";
import { findSite, useToken } from "../records/index.js";
import type { Database } from "../store/index.js";
import { Refusal } from "./refusal.js";

/** Delay and rounding between making a token and reading it, where the site has told its clock, milliseconds. */
const TRANSIT_MS = 5000;
const SKEW_MS = LIMITS.clockSkewSeconds * 1000;

export interface TokenCheck {
  readonly clock: Clock;
  readonly database: Database;
  readonly key: SigningKey;
}

/** Who has shown a good token. */
export interface Identified {
  readonly site: string;
  /** The public key that the token was signed with, as `x` of its JWK: the site may have another one later. */
  readonly key: string;
}

/**
 * Decides who is connecting, from the `auth` of a socket.io handshake.
 *
 * @param connection identifier of the connection; a token that was made for another one is not taken
 * @throws Refusal, with a code of its own for each reason.
 */
export async function authenticate(parts: TokenCheck, auth: unknown, connection: string): Promise<Identified> {
  const { token, time } = readHandshake(auth);
  const claimed = tokenClaimsSchema.safeParse(unverifiedPayload(token));
  if (!claimed.success) throw new Refusal("TOKEN_MALFORMED");
  const claims = claimed.data;
  const site = await findSite(parts.database, claims.sub);
  if (site === undefined || site.key === null) throw new Refusal("SITE_UNKNOWN");
  if (site.revokedAt !== null) throw new Refusal("SITE_REVOKED");
  const verified = await verifyJws(token, site.key);
  if (!verified.ok) throw new Refusal(verified.reason === "signature" ? "TOKEN_SIGNATURE" : "TOKEN_MALFORMED");
  if (claims.aud !== parts.key.thumbprint) throw new Refusal("TOKEN_AUDIENCE");
  const bound = boundConnection(claims.jti);
  if (bound !== undefined && bound !== connection) throw new Refusal("TOKEN_REUSED");
  const now = parts.clock.now();
  checkTimes(claims, time, now);
  const acceptableUntil = claims.exp * 1000 + 2 * SKEW_MS;
  const id = `${site.name} ${claims.jti}`;
  const fresh = await parts.database.transaction((sql) => useToken(sql, id, acceptableUntil, now));
  if (!fresh) throw new Refusal("TOKEN_REUSED");
  return { site: site.name, key: site.key.x };
}

/** The name of the site that a handshake claims to come from, for the log; undefined where it is no site name. */
export function claimedSite(auth: unknown): string | undefined {
  const token = (auth as { token?: unknown } | null | undefined)?.token;
  const claims = typeof token === "string" ? tokenClaimsSchema.safeParse(unverifiedPayload(token)) : undefined;
  return claims?.data?.sub;
}

function readHandshake(auth: unknown): { readonly token: string; readonly time: number | undefined } {
  const fields = (typeof auth === "object" && auth !== null ? auth : {}) as Record<string, unknown>;
  const { protocol, token } = fields;
  if (typeof protocol === "number" && protocol !== PROTOCOL_VERSION) {
    throw new Refusal("PROTOCOL_VERSION", { expected: PROTOCOL_VERSION });
  }
  if (token === undefined) throw new Refusal("TOKEN_MISSING");
  const handshake = handshakeSchema.safeParse(auth);
  if (!handshake.success) throw new Refusal(typeof token === "string" ? "MESSAGE_MALFORMED" : "TOKEN_MALFORMED");
  return { token: handshake.data.token, time: handshake.data.time };
}

/**
 * A token is judged by the clock of the site that made it, as far as that clock may be off. Where the site does not
 * tell its clock, the time at which the token was made stands for it: sites make them afresh for each connection.
 */
function checkTimes(claims: TokenClaims, time: number | undefined, now: number): void {
  const begin = claims.iat * 1000;
  const end = claims.exp * 1000;
  if (!(end > begin) || end - begin > LIMITS.tokenLifetimeSeconds * 1000) throw new Refusal("TOKEN_MALFORMED");
  const expected = { expected: now };
  const siteTime = time ?? begin;
  if (Math.abs(siteTime - now) > SKEW_MS) throw new Refusal("CLOCK_SKEW", expected);
  if (siteTime > end + TRANSIT_MS) throw new Refusal("TOKEN_EXPIRED", expected);
  if (siteTime < begin - TRANSIT_MS) throw new Refusal("TOKEN_NOT_YET_VALID", expected);
}

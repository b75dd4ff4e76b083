import type { SigningKey } from "@fedace/ace-core/host";
import { boundTokenId, LIMITS } from "@fedace/ace-core/protocol";
import type { TokenClaims } from "@fedace/ace-core/protocol";

/** What a token says besides the time. */
interface TokenSubject {
  /** The site's name. */
  readonly site: string;
  /** Thumbprint of the coordinator's key. */
  readonly audience: string;
  /** The connection it is for, as the coordinator has named it. */
  readonly connection: string;
  /** Makes an identifier that is never used again, 16 characters or more. */
  readonly uniqueId: () => string;
}

/**
 * The token of one connection: valid for {@link LIMITS.tokenLifetimeSeconds} from `now`, once, and for that connection alone.
 *
 * @param now Unix time in milliseconds
 */
export function connectionToken(key: SigningKey, subject: TokenSubject, now: number): Promise<string> {
  const iat = Math.floor(now / 1000);
  const claims: TokenClaims = {
    sub: subject.site,
    aud: subject.audience,
    iat,
    exp: iat + LIMITS.tokenLifetimeSeconds,
    jti: boundTokenId(subject.connection, subject.uniqueId()),
  };
  return key.sign(claims);
}

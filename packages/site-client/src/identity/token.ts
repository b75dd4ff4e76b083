import type { SigningKey } from "@fedace/ace-core/host";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { TokenClaims } from "@fedace/ace-core/protocol";

/** What a token says besides the time. */
export interface TokenSubject {
  /** The site's name. */
  readonly site: string;
  /** Thumbprint of the coordinator's key. */
  readonly audience: string;
  /** Makes an identifier that is never used again, 16 to 64 characters. */
  readonly uniqueId: () => string;
}

/**
 * The token of one connection: valid for {@link LIMITS.tokenLifetimeSeconds} from `now`, once.
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
    jti: subject.uniqueId(),
  };
  return key.sign(claims);
}

import { z } from "zod";
import { rejectionSchema, siteNameSchema, welcomeSchema } from "./messages.js";

/** An Ed25519 public key as a JWK (RFC 8037). */
export const publicKeySchema = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type PublicKey = z.output<typeof publicKeySchema>;

/** `pinned`: the coordinator's own certificate and its SHA-256; `system`: a certificate the machine's own trust store accepts. */
const trustSchema = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("pinned"),
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
    certificate: z.string().max(16_384),
  }),
  z.strictObject({ mode: z.literal("system") }),
]);

/** The invitation file (JSON): everything a site needs to find, recognise and join its coordinator. */
export const invitationSchema = z.strictObject({
  format: z.literal("fedace-invitation"),
  version: z.literal(1),
  /** Base URL, https or (on loopback only) http. */
  url: z.url(),
  coordinator: z.strictObject({ name: z.string().max(64), key: publicKeySchema }),
  tls: trustSchema,
  site: siteNameSchema,
  /** Single use; the coordinator keeps only its SHA-256. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** ISO 8601. */
  expires: z.iso.datetime(),
});
export type Invitation = z.output<typeof invitationSchema>;

/** Where a coordinator is to be found from now on: what the JWS of a notice, signed by its key, says. */
export const noticeSchema = z.strictObject({
  format: z.literal("fedace-notice"),
  version: z.literal(1),
  url: z.url(),
  tls: trustSchema,
  /** Unix milliseconds: of two notices the later one holds. */
  issued: z.int().min(0),
});
export type Notice = z.output<typeof noticeSchema>;

/** The notice file (JSON), for sites that cannot be reached any more. */
export const noticeFileSchema = z.strictObject({
  format: z.literal("fedace-notice-file"),
  version: z.literal(1),
  jws: z.string().max(64 * 1024),
});
export type NoticeFile = z.output<typeof noticeFileSchema>;

/** Body of `POST /v1/join`. The proof is a compact JWS by the new key over {@link joinProofSchema}. */
export const joinRequestSchema = z.strictObject({
  protocol: z.int(),
  site: siteNameSchema,
  secret: z.string().max(64),
  key: publicKeySchema,
  proof: z.string().max(4096),
});
export type JoinRequest = z.output<typeof joinRequestSchema>;

/** Answer to `POST /v1/join`: status 200 and the welcome, or a 4xx or 5xx status and the rejection. */
export const joinAnswerSchema = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), value: welcomeSchema }),
  z.strictObject({ ok: z.literal(false), rejection: rejectionSchema }),
]);
export type JoinAnswer = z.output<typeof joinAnswerSchema>;

/** Claims of the proof of possession in a join request. */
export const joinProofSchema = z.strictObject({
  /** Thumbprint (RFC 7638) of the coordinator's key. */
  aud: z.string(),
  /** The site's name. */
  sub: siteNameSchema,
  /** Unix seconds. */
  iat: z.number(),
});

/** Claims of the token of one connection, signed by the site's key. */
export const tokenClaimsSchema = z.strictObject({
  /** The site's name. */
  sub: siteNameSchema,
  /** Thumbprint (RFC 7638) of the coordinator's key. */
  aud: z.string(),
  /** Unix seconds. */
  iat: z.number(),
  exp: z.number(),
  /** Used once; begins with the connection it is made for, see {@link boundTokenId}. */
  jti: z.string().min(16).max(64),
});
export type TokenClaims = z.output<typeof tokenClaimsSchema>;

/** What no identifier of a token that is bound to no connection holds; version 0.1.0 made such. */
const BINDING = ":";

/**
 * The `jti` of a token that is good for one connection only: clocks may differ by minutes, so that a token's times alone
 * could not keep a stolen one from being shown elsewhere meanwhile.
 *
 * @param connection the engine.io session identifier, which the coordinator makes for each connection
 * @param unique never used again; cut where both together are too long
 */
export function boundTokenId(connection: string, unique: string): string {
  return `${connection}${BINDING}${unique}`.slice(0, 64);
}

/** The connection that a token is made for; undefined where it is bound to none. */
export function boundConnection(jti: string): string | undefined {
  return jti.includes(BINDING) ? jti.slice(0, jti.indexOf(BINDING)) : undefined;
}

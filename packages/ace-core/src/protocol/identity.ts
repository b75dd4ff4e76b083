import { z } from "zod";
import { rejectionSchema, siteNameSchema, welcomeSchema } from "./messages.js";

/** An Ed25519 public key as a JWK (RFC 8037). */
export const publicKeySchema = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type PublicKey = z.output<typeof publicKeySchema>;

/** The invitation file (JSON): everything a site needs to find, recognise and join its coordinator. */
export const invitationSchema = z.strictObject({
  format: z.literal("fedace-invitation"),
  version: z.literal(1),
  /** Base URL, https or (on loopback only) http. */
  url: z.url(),
  coordinator: z.strictObject({ name: z.string().max(64), key: publicKeySchema }),
  /** `pinned`: the coordinator's own certificate and its SHA-256; `system`: a certificate the machine's own trust store accepts. */
  tls: z.discriminatedUnion("mode", [
    z.strictObject({
      mode: z.literal("pinned"),
      fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
      certificate: z.string().max(16_384),
    }),
    z.strictObject({ mode: z.literal("system") }),
  ]),
  site: siteNameSchema,
  /** Single use; the coordinator keeps only its SHA-256. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** ISO 8601. */
  expires: z.iso.datetime(),
});
export type Invitation = z.output<typeof invitationSchema>;

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
  /** Used once. */
  jti: z.string().min(16).max(64),
});
export type TokenClaims = z.output<typeof tokenClaimsSchema>;

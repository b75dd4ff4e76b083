import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import { z } from "zod";
import { publicKeySchema } from "../../protocol/index.js";
import type { PublicKey } from "../../protocol/index.js";

/** The one signature algorithm of tokens, proofs, assignments, receipts and bundles: Ed25519 (RFC 8037). */
export const SIGNATURE = "EdDSA";

const privateKeySchema = z.strictObject({ ...publicKeySchema.shape, d: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

/** A private key. The secret half stays inside; only signatures come out. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** SHA-256 thumbprint of the public key, base64url (RFC 7638). */
  readonly thumbprint: string;
  /** A compact JWS (RFC 7515) over the UTF-8 JSON of `payload`. */
  sign(payload: unknown): Promise<string>;
  /** A compact JWS over exactly these bytes. */
  signBytes(payload: Uint8Array): Promise<string>;
}

/** SHA-256 thumbprint of a public key, base64url (RFC 7638). */
export function thumbprint(key: PublicKey): Promise<string> {
  return calculateJwkThumbprint(key, "sha256");
}

/** Makes a key; `secret` is its private JWK as JSON, for a file that only this account can read. */
export async function generateSigningKey(): Promise<{ readonly key: SigningKey; readonly secret: string }> {
  const pair = await generateKeyPair(SIGNATURE, { crv: "Ed25519", extractable: true });
  const { kty, crv, x, d } = await exportJWK(pair.privateKey);
  const jwk = privateKeySchema.parse({ kty, crv, x, d });
  return { key: await keyOf(jwk), secret: JSON.stringify(jwk) };
}

/**
 * The key of a private JWK.
 *
 * @throws Error where the text is none
 */
export async function parseSigningKey(secret: string): Promise<SigningKey> {
  return keyOf(privateKeySchema.parse(JSON.parse(secret)));
}

async function keyOf(jwk: z.output<typeof privateKeySchema>): Promise<SigningKey> {
  const publicKey: PublicKey = { kty: jwk.kty, crv: jwk.crv, x: jwk.x };
  const print = await thumbprint(publicKey);
  const secret = await importJWK(jwk, SIGNATURE);
  const signBytes = (payload: Uint8Array): Promise<string> =>
    new CompactSign(payload).setProtectedHeader({ alg: SIGNATURE, kid: print }).sign(secret);
  return {
    publicKey,
    thumbprint: print,
    sign: (payload) => signBytes(new TextEncoder().encode(JSON.stringify(payload))),
    signBytes,
  };
}

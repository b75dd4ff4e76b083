import { join } from "node:path";
import { publicKeySchema } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import { z } from "zod";
import { coordinatorError } from "../errors.js";
import { readKept, writePrivate } from "./files.js";

/** The one signature algorithm of tokens, proofs, assignments and bundles: Ed25519 (RFC 8037). */
export const SIGNATURE = "EdDSA";

const privateKeySchema = z.strictObject({ ...publicKeySchema.shape, d: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

/** The coordinator's signing key. The private half stays inside; only signatures come out. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** SHA-256 thumbprint of the public key, base64url (RFC 7638): the audience of every token. */
  readonly thumbprint: string;
  /** A compact JWS (RFC 7515) over the UTF-8 JSON of `payload`. */
  sign(payload: unknown): Promise<string>;
  /** A compact JWS over exactly these bytes. */
  signBytes(payload: Uint8Array): Promise<string>;
}

export function thumbprintOf(key: PublicKey): Promise<string> {
  return calculateJwkThumbprint(key, "sha256");
}

/** Makes the coordinator's key in the folder `keys`. */
export async function createSigningKey(keys: string): Promise<SigningKey> {
  const pair = await generateKeyPair(SIGNATURE, { crv: "Ed25519", extractable: true });
  const { kty, crv, x, d } = await exportJWK(pair.privateKey);
  const jwk = privateKeySchema.parse({ kty, crv, x, d });
  writePrivate(keyFile(keys), `${JSON.stringify(jwk)}\n`);
  const key = await signingKey(jwk);
  // For people who verify bundles elsewhere; the coordinator itself never reads it.
  writePrivate(join(keys, "public.json"), `${JSON.stringify(key.publicKey)}\n`);
  return key;
}

/** @throws DATA_FOLDER_DAMAGED */
export async function loadSigningKey(keys: string): Promise<SigningKey> {
  const content = readKept(keyFile(keys));
  try {
    return await signingKey(privateKeySchema.parse(JSON.parse(content)));
  } catch (cause) {
    throw coordinatorError("DATA_FOLDER_DAMAGED", `${keyFile(keys)} is not the coordinator's key.`, { cause });
  }
}

function keyFile(keys: string): string {
  return join(keys, "signing.json");
}

async function signingKey(jwk: z.output<typeof privateKeySchema>): Promise<SigningKey> {
  const publicKey: PublicKey = { kty: jwk.kty, crv: jwk.crv, x: jwk.x };
  const print = await thumbprintOf(publicKey);
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

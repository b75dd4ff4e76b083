import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publicKeySchema } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import { z } from "zod";
import { siteError } from "../errors.js";
import { writeFileAtomically } from "./files.js";
import type { DataPaths } from "./files.js";

/** The signature algorithm of every token, proof, assignment and receipt: Ed25519 (RFC 8037). */
export const SIGNATURE = "EdDSA";

const privateKeySchema = z.strictObject({ ...publicKeySchema.shape, d: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

/** The site's own key. The private half stays inside; only signatures come out. */
export interface SiteKey {
  readonly publicKey: PublicKey;
  /** SHA-256 thumbprint of the public key, base64url (RFC 7638). */
  readonly thumbprint: string;
  /** A compact JWS (RFC 7515) over the UTF-8 JSON of `payload`. */
  sign(payload: unknown): Promise<string>;
}

/** Thumbprint (RFC 7638) of a public key. */
export function thumbprint(key: PublicKey): Promise<string> {
  return calculateJwkThumbprint(key, "sha256");
}

function keyFile(paths: DataPaths, print: string): string {
  return join(paths.keys, `${print}.json`);
}

async function siteKey(jwk: z.output<typeof privateKeySchema>): Promise<SiteKey> {
  const publicKey: PublicKey = { kty: jwk.kty, crv: jwk.crv, x: jwk.x };
  const print = await thumbprint(publicKey);
  const secret = await importJWK(jwk, SIGNATURE);
  return {
    publicKey,
    thumbprint: print,
    sign: (payload) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: SIGNATURE, kid: print })
        .sign(secret),
  };
}

/** Makes a key and stores it in the data folder, readable by this account only. */
export async function createSiteKey(paths: DataPaths): Promise<SiteKey> {
  const pair = await generateKeyPair(SIGNATURE, { crv: "Ed25519", extractable: true });
  const { kty, crv, x, d } = await exportJWK(pair.privateKey);
  const jwk = privateKeySchema.parse({ kty, crv, x, d });
  const key = await siteKey(jwk);
  writeFileAtomically(keyFile(paths, key.thumbprint), JSON.stringify(jwk));
  return key;
}

/**
 * Reads the stored key with this thumbprint.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
export async function loadSiteKey(paths: DataPaths, print: string): Promise<SiteKey> {
  const file = keyFile(paths, print);
  try {
    const key = await siteKey(privateKeySchema.parse(JSON.parse(readFileSync(file, "utf8"))));
    if (key.thumbprint !== print) throw new Error("it holds another key than its name says");
    return key;
  } catch (cause) {
    throw siteError("DATA_FOLDER_DAMAGED", `The site's key ${file} cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

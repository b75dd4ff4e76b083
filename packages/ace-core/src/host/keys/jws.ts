import { compactVerify, decodeProtectedHeader, errors, importJWK } from "jose";
import type { PublicKey } from "../../protocol/index.js";
import { SIGNATURE } from "./key.js";

/** Both names of the one algorithm that is taken: that of RFC 8037, and the exact one of RFC 9864. */
const ALGORITHMS: readonly string[] = [SIGNATURE, "Ed25519"];

/** What a signature over JSON turned out to be. */
type Verified =
  { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly reason: "malformed" | "signature" };

async function payloadOf(jws: string, key: PublicKey): Promise<Uint8Array> {
  const { payload } = await compactVerify(jws, await importJWK(key, SIGNATURE), { algorithms: [...ALGORITHMS] });
  return payload;
}

/** The bytes that a compact JWS signs; undefined where the signature does not hold. */
export async function verifyJwsBytes(jws: string, key: PublicKey): Promise<Uint8Array | undefined> {
  try {
    return await payloadOf(jws, key);
  } catch {
    return undefined;
  }
}

/** Checks a compact JWS against one key and decodes its JSON. Never throws: what comes from outside may be anything. */
export async function verifyJws(jws: string, key: PublicKey): Promise<Verified> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await payloadOf(jws, key));
    return { ok: true, payload: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, reason: error instanceof errors.JWSSignatureVerificationFailed ? "signature" : "malformed" };
  }
}

/** The JSON of a compact JWS whose signature nobody has checked: to find out whose key to check it with. */
export function unverifiedPayload(jws: string): unknown {
  const [, payload = ""] = jws.split(".");
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/** The thumbprint of the key that a JWS says it was made with; undefined where it says none. Nobody has checked it. */
export function unverifiedKeyId(jws: string): string | undefined {
  try {
    return decodeProtectedHeader(jws).kid;
  } catch {
    return undefined;
  }
}

import { compactVerify, errors, importJWK } from "jose";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { SIGNATURE } from "./key.js";

/** The bytes that a compact JWS signs; undefined where the signature does not hold. */
export async function verifyJwsBytes(jws: string, key: PublicKey): Promise<Uint8Array | undefined> {
  try {
    const { payload } = await compactVerify(jws, await importJWK(key, SIGNATURE), {
      algorithms: [SIGNATURE, "Ed25519"],
    });
    return payload;
  } catch {
    return undefined;
  }
}

/** What a signature over JSON turned out to be. */
export type Verified =
  { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly reason: "malformed" | "signature" };

/** Checks a compact JWS against one key and decodes its JSON. Never throws: what comes from outside may be anything. */
export async function verifyJws(jws: string, key: PublicKey): Promise<Verified> {
  try {
    const { payload } = await compactVerify(jws, await importJWK(key, SIGNATURE), {
      algorithms: [SIGNATURE, "Ed25519"],
    });
    return { ok: true, payload: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)) as unknown };
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

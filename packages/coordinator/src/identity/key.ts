import { join } from "node:path";
import { generateSigningKey, parseSigningKey, writeDurably } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { readKept } from "./files.js";

/** Makes the coordinator's key in the folder `keys`. */
export async function createSigningKey(keys: string): Promise<SigningKey> {
  const { key, secret } = await generateSigningKey();
  await writeDurably(keyFile(keys), `${secret}\n`);
  // For people who verify bundles elsewhere; the coordinator itself never reads it.
  await writeDurably(join(keys, "public.json"), `${JSON.stringify(key.publicKey)}\n`);
  return key;
}

/** @throws DATA_FOLDER_DAMAGED */
export async function loadSigningKey(keys: string): Promise<SigningKey> {
  const content = readKept(keyFile(keys));
  try {
    return await parseSigningKey(content);
  } catch (cause) {
    throw coordinatorError("DATA_FOLDER_DAMAGED", `${keyFile(keys)} is not the coordinator's key.`, { cause });
  }
}

function keyFile(keys: string): string {
  return join(keys, "signing.json");
}

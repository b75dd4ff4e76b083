import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateSigningKey, parseSigningKey, writeDurably } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { publicKeySchema } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { DataPaths } from "./files.js";

function keyFile(paths: DataPaths, print: string): string {
  return join(paths.keys, `${print}.json`);
}

/** Makes a key and stores it in the data folder, readable by this account only. */
export async function createSiteKey(paths: DataPaths): Promise<SigningKey> {
  const { key, secret } = await generateSigningKey();
  await writeDurably(keyFile(paths, key.thumbprint), secret);
  return key;
}

/**
 * Reads the stored key with this thumbprint.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
export async function loadSiteKey(paths: DataPaths, print: string): Promise<SigningKey> {
  const file = keyFile(paths, print);
  try {
    const key = await parseSigningKey(readFileSync(file, "utf8"));
    if (key.thumbprint !== print) throw new Error("it holds another key than its name says");
    return key;
  } catch (cause) {
    throw siteError("DATA_FOLDER_DAMAGED", `The site's key ${file} cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/**
 * The public halves of all keys that this site has had: one for each enrolment.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
export async function siteKeys(paths: DataPaths): Promise<PublicKey[]> {
  const names = existsSync(paths.keys) ? readdirSync(paths.keys).filter((name) => name.endsWith(".json")) : [];
  return Promise.all(
    names.map(async (name) =>
      name.endsWith(PUBLIC_ENDING)
        ? readPublicHalf(join(paths.keys, name))
        : (await loadSiteKey(paths, name.replace(/\.json$/, ""))).publicKey,
    ),
  );
}

/** How the file of a key ends of which only the public half is left. */
export const PUBLIC_ENDING = ".public.json";

function readPublicHalf(file: string): PublicKey {
  try {
    return publicKeySchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw siteError("DATA_FOLDER_DAMAGED", `${file} holds no public key.`, { cause });
  }
}

import { existsSync, readFileSync } from "node:fs";
import { writeDurably } from "@fedace/ace-core/host";
import { invitationSchema, publicKeySchema, siteNameSchema } from "@fedace/ace-core/protocol";
import { z } from "zod";
import { siteError } from "../errors.js";
import { requireAccess } from "./files.js";
import type { DataPaths } from "./files.js";

const registrationSchema = z.strictObject({
  format: z.literal("fedace-site"),
  version: z.literal(1),
  site: siteNameSchema,
  /** The site's public key; its private half lies in the keys folder. */
  key: publicKeySchema,
  url: invitationSchema.shape.url,
  coordinator: invitationSchema.shape.coordinator,
  tls: invitationSchema.shape.tls,
  /** When this site joined, ISO 8601. */
  joined: z.iso.datetime(),
  /** The last notice of a move that it followed; `from` while the coordinator was not met at the new address. */
  moved: z
    .strictObject({
      issued: z.int().min(0),
      from: z.strictObject({ url: invitationSchema.shape.url, tls: invitationSchema.shape.tls }).optional(),
    })
    .optional(),
});

/** Who this site is and which coordinator it joined: the file `site.json` of the data folder. */
export type Registration = z.output<typeof registrationSchema>;

export function isJoined(paths: DataPaths): boolean {
  return existsSync(paths.registration);
}

/**
 * @throws SITE_NOT_JOINED, DATA_FOLDER_NOT_WRITABLE, DATA_FOLDER_DAMAGED
 */
export function readRegistration(paths: DataPaths): Registration {
  if (!isJoined(paths)) {
    // A folder of another account hides its files: that is not a folder without them.
    if (existsSync(paths.root)) requireAccess(paths.root);
    throw siteError("SITE_NOT_JOINED", `The data folder ${paths.root} holds no site that has joined a coordinator.`);
  }
  try {
    return registrationSchema.parse(JSON.parse(readFileSync(paths.registration, "utf8")));
  } catch (cause) {
    throw siteError("DATA_FOLDER_DAMAGED", `${paths.registration} cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

export async function writeRegistration(paths: DataPaths, registration: Registration): Promise<void> {
  await writeDurably(paths.registration, `${JSON.stringify(registrationSchema.parse(registration), null, 2)}\n`);
}

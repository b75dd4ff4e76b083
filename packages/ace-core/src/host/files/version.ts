import { readFileSync } from "node:fs";
import { z } from "zod";

const packageSchema = z.object({ version: z.string() });

/**
 * Version of a package.
 *
 * @param manifest its `package.json`: `new URL("../package.json", import.meta.url)`
 */
export function packageVersion(manifest: URL): string {
  return packageSchema.parse(JSON.parse(readFileSync(manifest, "utf8"))).version;
}

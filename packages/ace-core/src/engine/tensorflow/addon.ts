import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import {
  ADDON_FILE,
  INSTALLED_FILE,
  LOADER_FILE,
  engineCache,
  installedSchema,
  tensorflowFolder,
} from "../installed.js";

export const PACKAGE = "@tensorflow/tfjs-node-gpu";
const packageSchema = z.object({ version: z.string() });
/** Where the package's own install script puts the addon. */
const IN_PACKAGE = ["napi-v8", "napi-v9", "napi-v7", "napi-v6", "napi-v5"].map((api) =>
  join("lib", api, "tfjs_binding.node"),
);

/** The package as npm installed it, without its addon. */
export interface NodePackage {
  readonly folder: string;
  readonly version: string;
}

export interface FoundAddon {
  readonly addon: string;
  /** A native addon that loads the other one and keeps what that says on the way; none is beside the package's own. */
  readonly loader?: string;
}

/** The package, whose native addon the install scripts that we do not run would have put there; undefined without it. */
export function nodePackage(): NodePackage | undefined {
  try {
    const file = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    return { folder: dirname(file), version: packageSchema.parse(JSON.parse(readFileSync(file, "utf8"))).version };
  } catch {
    return undefined;
  }
}

/**
 * The native addon of the package: the one that `fedace-site engine install` built, in the first of `engines` or in
 * the user's cache, else one in the package's own folder.
 *
 * @param engines folders to look in before the user's cache
 * @returns where it is, or why there is none
 */
export function findAddon(
  { folder, version }: NodePackage,
  engines: readonly string[],
): FoundAddon | { readonly reason: string } {
  let reason = "its native addon is missing";
  for (const place of [...engines, engineCache(process.env, homedir())]) {
    const home = tensorflowFolder(place);
    const addon = join(home, ADDON_FILE);
    if (!existsSync(addon)) continue;
    const built = builtFrom(home);
    if (built === version) {
      const loader = join(home, LOADER_FILE);
      return existsSync(loader) ? { addon, loader } : { addon };
    }
    reason = `its native addon is built for tfjs-node ${built ?? "of an unknown version"}, and this is ${version}`;
  }
  const own = IN_PACKAGE.map((path) => join(folder, path)).find((path) => existsSync(path));
  return own === undefined ? { reason } : { addon: own };
}

function builtFrom(home: string): string | undefined {
  try {
    return installedSchema.parse(JSON.parse(readFileSync(join(home, INSTALLED_FILE), "utf8"))).tfjs;
  } catch {
    return undefined;
  }
}

import { join } from "node:path";
import { z } from "zod";

/** What `fedace-site engine install` writes beside an engine that it has put together. */
export const installedSchema = z.strictObject({
  format: z.literal(1),
  /** Version of `@tensorflow/tfjs-node-gpu` whose source the addon was built from. */
  tfjs: z.string().min(1),
  /** `cpu` and `cuda` come from Python wheels, `archive` from an archive of libtensorflow. */
  variant: z.enum(["cpu", "cuda", "archive"]),
  /** What was asked for, to know whether the same is asked for again. */
  source: z.string().min(1),
});
export type InstalledEngine = z.output<typeof installedSchema>;

/** Inside an engine's folder: what {@link installedSchema} describes, the native addon, and what loads it quietly. */
export const INSTALLED_FILE = "engine.json";
export const ADDON_FILE = join("addon", "tfjs_binding.node");
export const LOADER_FILE = join("addon", "loader.node");

/**
 * The folder for engines of a user who names none: `$FEDACE_CACHE/engines`, `$XDG_CACHE_HOME/fedace/engines` or
 * `~/.cache/fedace/engines`, the first that is set.
 *
 * @param home the user's home folder
 */
export function engineCache(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return join(set("FEDACE_CACHE") ?? join(set("XDG_CACHE_HOME") ?? join(home, ".cache"), "fedace"), "engines");
}

/** The folder for engines inside a site's data folder. */
export function dataEngines(data: string): string {
  return join(data, "engines");
}

/** The `tensorflow` engine's own folder among engines. */
export function tensorflowFolder(engines: string): string {
  return join(engines, "tensorflow");
}

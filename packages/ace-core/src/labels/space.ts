import { coreError, deepFreeze } from "../foundation/index.js";
import type { LabelSpace } from "./types.js";

/** Most classes a model can have: a set of classes is a 31-bit mask, a positive 32-bit integer on every engine. */
export const MAX_CLASSES = 31;
/** Longest class name, in UTF-16 code units: names appear in tables and on the wire. */
export const MAX_CLASS_NAME = 64;

/**
 * The classes of a model; the first is the background, whatever its name.
 *
 * @param classes 2 to 31 different names, each of 1 to 64 characters without spaces around.
 * @throws LABEL_CLASSES_INVALID
 */
export function labelSpace(classes: readonly string[]): LabelSpace {
  const fail = (what: string): Error => coreError("LABEL_CLASSES_INVALID", `the plan's classes: ${what}`);
  if (classes.length < 2) throw fail(`${classes.length} given, at least 2 are needed (the background and one more)`);
  if (classes.length > MAX_CLASSES) throw fail(`${classes.length} given, at most ${MAX_CLASSES} are possible`);
  const seen = new Set<string>();
  for (const name of classes) {
    if (name.length === 0 || name.length > MAX_CLASS_NAME || name !== name.trim()) {
      throw fail(`"${name}" is no name of 1 to ${MAX_CLASS_NAME} characters without spaces around it`);
    }
    if (seen.has(name)) throw fail(`"${name}" is there twice`);
    seen.add(name);
  }
  return deepFreeze({ classes: [...classes] });
}

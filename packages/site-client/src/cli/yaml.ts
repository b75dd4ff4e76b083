import { readFileSync, statSync } from "node:fs";
import { parse } from "yaml";
import { siteError } from "../errors.js";

/** Largest file that is read, bytes: plans and label maps have a few thousand. */
const MAX_YAML_BYTES = 256 * 1024;

/**
 * Reads a YAML file of plain data, without aliases.
 *
 * @param what names the file in messages: `The label map`
 * @param code of the error for a file that is not YAML
 * @throws FILE_UNREADABLE, and `code`
 */
export function readYaml(path: string, what: string, code: "LABELS_FILE" | "PLAN_FILE"): unknown {
  let text: string;
  try {
    if (statSync(path).size > MAX_YAML_BYTES) throw new Error(`it is larger than ${MAX_YAML_BYTES / 1024} KiB`);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw siteError("FILE_UNREADABLE", `${what} ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  try {
    return parse(text, { maxAliasCount: 0 }) as unknown;
  } catch (cause) {
    throw siteError(code, `${what} ${path} is not YAML: ${(cause as Error).message}`, { cause });
  }
}

import { CORE_ERRORS } from "@fedace/ace-core/foundation";
import type { ErrorEntry } from "@fedace/ace-core/foundation";
import { SITE_ERRORS } from "../errors.js";
import { REJECTIONS } from "../transport/index.js";

const ENTRIES: Readonly<Record<string, ErrorEntry>> = { ...REJECTIONS, ...CORE_ERRORS, ...SITE_ERRORS };

/** What to do about a code, from the catalogue that has it: said on the console where a line carries none of its own. */
export function remedyOf(code: string): string | undefined {
  return Object.hasOwn(ENTRIES, code) ? ENTRIES[code]?.remedy : undefined;
}

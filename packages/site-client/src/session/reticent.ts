import { CORE_ERRORS, isFedaceError } from "@fedace/ace-core/foundation";
import type { ErrorCatalogue } from "@fedace/ace-core/foundation";
import { SITE_ERRORS } from "../errors.js";

const CATALOGUE: ErrorCatalogue = { ...CORE_ERRORS, ...SITE_ERRORS };
/** Codes whose messages name files and subjects. */
const NAMING = /^(ARCHIVE|CASE|FILE|NIFTI|PREDICT|LABEL_VALUE|SITE_INTERNAL)/;

/**
 * What the console says of an error: consoles are kept and passed on, so no name from the archive may be in it.
 *
 * @param code of the error
 * @param message in this very case, which may name files and subjects
 */
export function reticent(code: string, message: string): string {
  const known = Object.hasOwn(CATALOGUE, code);
  if (mayBeTold(code)) return message;
  const cause = known ? CATALOGUE[code]?.cause : undefined;
  return `${cause ?? "Something unexpected happened."} \`fedace-site check\` tells more.`;
}

/** What to do about an error in this very case, where that names nothing from the archive. */
export function advice(error: unknown): { readonly remedy?: string } {
  return isFedaceError(error) && mayBeTold(error.code) ? { remedy: error.remedy } : {};
}

function mayBeTold(code: string): boolean {
  return Object.hasOwn(CATALOGUE, code) && !NAMING.test(code);
}

import { CORE_ERRORS, FedaceError } from "@fedace/ace-core/foundation";
import type { ErrorEntry } from "@fedace/ace-core/foundation";
import { COORDINATOR_ERRORS } from "../errors.js";
import type { Problem } from "../rounds/index.js";

const ENTRIES: Readonly<Record<string, ErrorEntry>> = { ...CORE_ERRORS, ...COORDINATOR_ERRORS };

function entryOf({ code }: Problem): ErrorEntry {
  return (Object.hasOwn(ENTRIES, code) ? ENTRIES[code] : undefined) ?? COORDINATOR_ERRORS.COORDINATOR_INTERNAL;
}

/** A problem of the machine as the error that a command ends with. */
export function problemError(run: string, problem: Problem): FedaceError {
  return new FedaceError(problem.code, `Run ${run}: ${problem.message}`, entryOf(problem));
}

/** What to do about a problem of the machine. */
export function problemRemedy(problem: Problem): string {
  return entryOf(problem).remedy;
}

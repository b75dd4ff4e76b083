import { coordinatorError } from "../errors.js";

/** Codes with which a full disk shows: no space, or the account's share used up. */
const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];

export function isDiskFull(error: unknown): boolean {
  return FULL.includes((error as { code?: unknown } | null)?.code);
}

/** The coded error for a failed write of `what`; anything but a full disk stays as it is. */
export function diskError(error: unknown, what: string): unknown {
  if (!isDiskFull(error)) return error;
  return coordinatorError("DISK_FULL", `There is no space left for ${what}.`, { cause: error });
}

import { coordinatorError } from "../errors.js";
import type { SqlRow } from "../store/index.js";

/** Columns of a row with the type they must have; a database of another making ends here with a code. */
export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw damaged(column);
  return value;
}

export function integer(row: SqlRow, column: string): number {
  const value = Number(row[column]);
  if (row[column] === null || !Number.isSafeInteger(value)) throw damaged(column);
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integerOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function numberOrNull(row: SqlRow, column: string): number | null {
  const value = row[column];
  if (value === null) return null;
  if (typeof value !== "number" || !Number.isFinite(value)) throw damaged(column);
  return value;
}

function damaged(column: string): Error {
  return coordinatorError("DATA_FOLDER_DAMAGED", `The database holds an impossible value in column ${column}.`);
}

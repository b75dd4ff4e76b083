import Libsql from "libsql";
import { coordinatorError } from "../errors.js";
import { checkSqlite } from "./check.js";
import type { Database, Sql, SqlRow, SqlValue } from "./sql.js";

/** How long a statement waits for another process's transaction, milliseconds; ours take a few. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens or creates a SQLite database. Write-ahead log, so that commands read while the server writes; every commit
 * reaches the disk before it returns (synchronous = FULL).
 *
 * @throws DATA_FOLDER_NOT_WRITABLE, DATA_FOLDER_DAMAGED
 */
export function openSqlite(file: string): Database {
  const connection = connect(file);
  const sql: Sql = {
    all: (statement, ...values) => attempt(() => connection.prepare(statement).all(values) as SqlRow[]),
    get: (statement, ...values) => attempt(() => connection.prepare(statement).get(values) as SqlRow | undefined),
    run: (statement, ...values) => attempt(() => connection.prepare(statement).run(values).changes),
  };
  // One connection has one transaction: everything else waits in this line until it has ended.
  let line: Promise<unknown> = Promise.resolve();
  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(work);
    line = result.catch(() => undefined);
    return result;
  };
  let seen = version(connection);
  // Commits of this connection, which its data_version does not count.
  let commits = 0;
  return {
    all: (statement: string, ...values: SqlValue[]) => inLine(() => sql.all(statement, ...values)),
    get: (statement: string, ...values: SqlValue[]) => inLine(() => sql.get(statement, ...values)),
    run: (statement: string, ...values: SqlValue[]) =>
      inLine(() => sql.run(statement, ...values)).finally(() => commits++),
    transaction: (work) =>
      inLine(async () => {
        await attempt(() => connection.exec("BEGIN IMMEDIATE"));
        try {
          const result = await work(sql);
          await attempt(() => connection.exec("COMMIT"));
          commits += 1;
          return result;
        } catch (error) {
          if (connection.inTransaction) connection.exec("ROLLBACK");
          throw error;
        }
      }),
    version: () => inLine(() => Promise.resolve(`${commits} ${version(connection)}`)),
    changedElsewhere: () =>
      inLine(() => {
        const now = version(connection);
        const changed = now !== seen;
        seen = now;
        return Promise.resolve(changed);
      }),
    check: () => inLine(() => checkSqlite(sql)),
    close: () =>
      inLine(() => {
        connection.close();
        return Promise.resolve();
      }),
  };
}

function connect(file: string): Libsql.Database {
  try {
    const connection = new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
    connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = FULL");
    connection.pragma("foreign_keys = ON");
    return connection;
  } catch (cause) {
    throw translated(cause, file);
  }
}

/** A counter that moves when another connection commits, and only then. */
function version(connection: Libsql.Database): number {
  const row = connection.pragma("data_version", { simple: true }) as { data_version: number };
  return row.data_version;
}

/** Runs synchronous database work; an error becomes the promise's rejection with a code of ours. */
function attempt<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (cause) {
    return Promise.reject(translated(cause));
  }
}

function translated(cause: unknown, file = "coordinator.db"): Error {
  const text = cause instanceof Error ? cause.message : String(cause);
  // SQLite says more after the primary code: SQLITE_IOERR_WRITE.
  const [code] = /^SQLITE_[A-Z]+/.exec(String((cause as { code?: unknown }).code)) ?? [];
  if (code === "SQLITE_BUSY" || code === "SQLITE_LOCKED") {
    return coordinatorError("DATABASE_BUSY", `The database ${file} was locked for ${BUSY_TIMEOUT_MS / 1000} s.`, {
      cause,
    });
  }
  if (code === "SQLITE_FULL") return coordinatorError("DISK_FULL", `There is no space left for ${file}.`, { cause });
  if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") {
    return coordinatorError("DATA_FOLDER_DAMAGED", `${file} is not a readable database: ${text}.`, { cause });
  }
  if (
    code === "SQLITE_READONLY" ||
    code === "SQLITE_CANTOPEN" ||
    code === "SQLITE_IOERR" ||
    text.includes("Unable to open")
  ) {
    return coordinatorError("DATA_FOLDER_NOT_WRITABLE", `${file} cannot be written: ${text}.`, { cause });
  }
  return cause instanceof Error ? cause : new Error(text);
}

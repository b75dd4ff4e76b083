/** A value that can be bound to a statement. */
export type SqlValue = string | number | null;
/** One row as the database returns it; the repositories parse it. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * What the repositories need of a database: statements with `?` placeholders in the SQL that SQLite and PostgreSQL
 * share. Everything is asynchronous because network databases are.
 */
export interface Sql {
  all(statement: string, ...values: SqlValue[]): Promise<SqlRow[]>;
  get(statement: string, ...values: SqlValue[]): Promise<SqlRow | undefined>;
  /** Returns the number of rows changed. */
  run(statement: string, ...values: SqlValue[]): Promise<number>;
}

/** A database: statements outside a transaction, serialised write transactions, and notice of others' writes. */
export interface Database extends Sql {
  /**
   * Runs `work` in one write transaction: all of it is durable when the promise resolves, none of it if `work`
   * throws. Transactions of all processes follow one another. Inside, use only the {@link Sql} passed in.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Differs from every earlier answer of this connection when anything was committed since, by whomever. */
  version(): Promise<string>;
  /** Whether another connection has committed since this was last asked. */
  changedElsewhere(): Promise<boolean>;
  /** What is wrong with the file itself, in words; empty where its structure is whole. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}

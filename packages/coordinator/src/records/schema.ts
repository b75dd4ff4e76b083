import { coordinatorError } from "../errors.js";
import type { Database } from "../store/index.js";
import { readSetting, writeSetting } from "./settings.js";

/**
 * The database's schema as a list of migrations; each runs once, in order. Times are Unix milliseconds, structures are
 * JSON text. Never change one that was released: add the next.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE sites (
       name TEXT PRIMARY KEY,
       invited_at BIGINT NOT NULL,
       joined_at BIGINT,
       revoked_at BIGINT,
       public_key TEXT,
       manifest TEXT,
       connected_at BIGINT,
       seen_at BIGINT)`,
    `CREATE TABLE invitations (
       secret_sha256 TEXT PRIMARY KEY,
       site TEXT NOT NULL REFERENCES sites (name),
       created_at BIGINT NOT NULL,
       expires_at BIGINT NOT NULL,
       used_at BIGINT,
       used_key TEXT)`,
    `CREATE TABLE used_tokens (id TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)`,
    `CREATE TABLE audit (
       sequence BIGINT PRIMARY KEY,
       at BIGINT NOT NULL,
       event TEXT NOT NULL,
       fields TEXT NOT NULL,
       previous TEXT NOT NULL,
       hash TEXT NOT NULL)`,
    `CREATE TABLE runs (
       id TEXT PRIMARY KEY,
       created_at BIGINT NOT NULL,
       plan TEXT NOT NULL,
       state TEXT NOT NULL,
       updated_at BIGINT NOT NULL)`,
    `CREATE TABLE rounds (
       run TEXT NOT NULL REFERENCES runs (id),
       round BIGINT NOT NULL,
       started_at BIGINT NOT NULL,
       closed_at BIGINT,
       bytes_up BIGINT NOT NULL,
       bytes_down BIGINT NOT NULL,
       PRIMARY KEY (run, round))`,
    `CREATE TABLE models (
       run TEXT NOT NULL REFERENCES runs (id),
       round BIGINT NOT NULL,
       sha256 TEXT NOT NULL,
       bytes BIGINT NOT NULL,
       created_at BIGINT NOT NULL,
       PRIMARY KEY (run, round))`,
    `CREATE TABLE uploads (
       run TEXT NOT NULL REFERENCES runs (id),
       round BIGINT NOT NULL,
       site TEXT NOT NULL REFERENCES sites (name),
       sha256 TEXT NOT NULL,
       bytes BIGINT NOT NULL,
       numbers TEXT NOT NULL,
       labels TEXT,
       begun_at BIGINT NOT NULL,
       counted_at BIGINT,
       PRIMARY KEY (run, round, site))`,
    `CREATE TABLE evaluations (
       run TEXT NOT NULL REFERENCES runs (id),
       round BIGINT NOT NULL,
       site TEXT NOT NULL REFERENCES sites (name),
       cases BIGINT NOT NULL,
       dice TEXT NOT NULL,
       PRIMARY KEY (run, round, site))`,
    `CREATE TABLE progress (
       run TEXT NOT NULL REFERENCES runs (id),
       site TEXT NOT NULL REFERENCES sites (name),
       at BIGINT NOT NULL,
       progress TEXT NOT NULL,
       PRIMARY KEY (run, site))`,
  ],
  // How far each counted update went: what later ones are held against. The sites that may take part in a run.
  [`ALTER TABLE uploads ADD COLUMN norm DOUBLE PRECISION`, `ALTER TABLE runs ADD COLUMN sites TEXT`],
  // The moving average over rounds, where the plan publishes one.
  [`ALTER TABLE models ADD COLUMN average_sha256 TEXT`, `ALTER TABLE models ADD COLUMN average_bytes BIGINT`],
  // What sites score beside Dice; null where they said nothing.
  [`ALTER TABLE evaluations ADD COLUMN metrics TEXT`],
  // What a strategy keeps from round to round; null where that is nothing.
  [`ALTER TABLE models ADD COLUMN strategy_state TEXT`],
  // When a model's weights were taken out of the store; null while they are in it.
  [`ALTER TABLE models ADD COLUMN pruned_at BIGINT`],
  // When a client of a site last pushed out another that was there, and when that last happened twice within an hour.
  [`ALTER TABLE sites ADD COLUMN takeover_at BIGINT`, `ALTER TABLE sites ADD COLUMN rivals_at BIGINT`],
  // When a site left of its own accord; it is revoked then as well.
  [`ALTER TABLE sites ADD COLUMN left_at BIGINT`],
  // Over how many cases each score is and how these differ; what a site keeps to itself. Null where it says nothing.
  [`ALTER TABLE evaluations ADD COLUMN spread TEXT`, `ALTER TABLE evaluations ADD COLUMN withheld TEXT`],
];

/** Settings name under which the number of migrations done is kept. */
const VERSION = "schema";

/**
 * Brings a database to the newest schema.
 *
 * @throws DATABASE_NEWER if it is beyond what this version knows.
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.run(`CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)`);
    const done = Number((await readSetting(sql, VERSION)) ?? 0);
    if (done > MIGRATIONS.length) {
      const message = `The database has schema ${done}, this version knows up to ${MIGRATIONS.length}.`;
      throw coordinatorError("DATABASE_NEWER", message);
    }
    for (const statements of MIGRATIONS.slice(done)) for (const statement of statements) await sql.run(statement);
    if (done === MIGRATIONS.length) return;
    await writeSetting(sql, VERSION, String(MIGRATIONS.length));
  });
}

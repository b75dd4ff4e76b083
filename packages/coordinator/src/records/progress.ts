import type { Progress, ProgressRow } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { integer, text } from "./row.js";
import { PROGRESS } from "./shapes.js";
import { decode, encode } from "./stored.js";

export async function saveProgress(sql: Sql, site: string, progress: Progress, now: number): Promise<void> {
  const upsert = `INSERT INTO progress (run, site, at, progress) VALUES (?, ?, ?, ?)
    ON CONFLICT (run, site) DO UPDATE SET at = excluded.at, progress = excluded.progress`;
  await sql.run(upsert, progress.run, site, now, encode(PROGRESS, progress));
}

/** What each site last said of where it stands. */
export async function listProgress(sql: Sql, run: string): Promise<Map<string, ProgressRow>> {
  const rows = await sql.all(`SELECT * FROM progress WHERE run = ?`, run);
  return new Map(
    rows.map((row) => {
      const progress = decode(PROGRESS, text(row, "progress"));
      return [text(row, "site"), { ...progress, at: integer(row, "at") }];
    }),
  );
}

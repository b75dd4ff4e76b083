import type { Sql } from "./sql.js";

/** Rows looked at in one statement. */
const BATCH = 1000;

/**
 * What is wrong with a SQLite file, in words; empty where its structure is whole and every text is text. Texts are looked
 * at as bytes: the driver ends the whole process when it is handed a text that is not UTF-8.
 */
export async function checkSqlite(sql: Sql): Promise<string[]> {
  const schema = `SELECT CAST(name AS BLOB) AS name, CAST(sql AS BLOB) AS sql FROM sqlite_master WHERE type = 'table'`;
  const tables = await sql.all(schema);
  // The names of columns stand in the statement that made the table.
  if (tables.some((row) => decoded(row["sql"]) === undefined)) return ["the statements of its tables cannot be read"];
  const names = tables.map((row) => decoded(row["name"]));
  const wrong: string[] = [];
  for (const name of names) {
    if (name === undefined || !/^[a-z_]+$/.test(name)) return ["the list of its tables cannot be read"];
    wrong.push(...(await brokenTexts(sql, name)));
  }
  if (wrong.length > 0) return wrong;
  const structure = await sql.all("PRAGMA integrity_check");
  const orphans = await sql.all("PRAGMA foreign_key_check");
  return [
    ...structure.map((row) => String(row["integrity_check"])).filter((text) => text !== "ok"),
    ...orphans.map((row) => `a row of ${String(row["table"])} belongs to no ${String(row["parent"])}`),
  ];
}

async function brokenTexts(sql: Sql, table: string): Promise<string[]> {
  const columns = (await sql.all(`SELECT name FROM pragma_table_info('${table}') WHERE type = 'TEXT'`)).map((row) =>
    String(row["name"]),
  );
  const texts = columns.map((column) => `CAST(${column} AS BLOB) AS ${column}`).join(", ");
  if (texts === "") return [];
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const select = `SELECT rowid AS row_number, ${texts} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH}`;
    const rows = await sql.all(select, after);
    const broken = rows.flatMap((row) =>
      columns.filter((column) => row[column] !== null && decoded(row[column]) === undefined),
    );
    if (broken.length > 0) return [`${table}.${broken[0] ?? ""} holds a text that is none`];
    if (rows.length < BATCH) return [];
    after = Number(rows.at(-1)?.["row_number"]);
  }
}

function decoded(bytes: unknown): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes as Uint8Array);
  } catch {
    return undefined;
  }
}

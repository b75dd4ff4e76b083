import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** A label table longer than this is not read. */
const TABLE_BYTES = 2 ** 16;
/** What stands between the cells: BIDS wants tabs, spreadsheets write the others. */
const SEPARATORS = ["\t", ",", ";"] as const;

/** The names of label values in `derivatives` / `*` / `dseg.tsv`, the first table that names a value counts. */
export async function labelNames(dir: string): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const pipelines = await readdir(join(dir, "derivatives")).catch(() => []);
  for (const pipeline of pipelines.sort()) {
    for (const [value, name] of parseTable(await readTable(join(dir, "derivatives", pipeline, "dseg.tsv")))) {
      if (!names.has(value)) names.set(value, name);
    }
  }
  return names;
}

/** Values and names of a table with the columns `index` and `name`; a byte order mark and quotes do not count. */
function parseTable(text: string): readonly (readonly [value: number, name: string])[] {
  const [head = "", ...rows] = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const separator = SEPARATORS.find((candidate) => head.includes(candidate)) ?? "\t";
  const cells = (row: string): readonly string[] =>
    row.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const columns = cells(head).map((title) => title.toLowerCase());
  const [index, name] = [columns.indexOf("index"), columns.indexOf("name")];
  if (index < 0 || name < 0) return [];
  return rows.flatMap((row) => {
    const found = cells(row);
    const [value, text] = [found[index] ?? "", found[name] ?? ""];
    return /^-?\d+$/.test(value) && text !== "" ? [[Number(value), text] as const] : [];
  });
}

/** The beginning of a text file; nothing where it cannot be read. */
async function readTable(path: string): Promise<string> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(TABLE_BYTES), 0, TABLE_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await handle.close();
  }
}

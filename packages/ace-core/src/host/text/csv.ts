/** What a field must be quoted for (RFC 4180, section 2, rule 6). */
const SPECIAL = /[",\r\n]/;

/**
 * A table as CSV (RFC 4180): a header line, fields with commas between, lines that end with CR LF, quotes where a field
 * needs them. Numbers are written with the fewest digits that give the same double again.
 */
export function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  const text = String(value);
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table with its columns aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A time for people: date and minute, UTC. */
export function time(ms: number | null): string {
  return ms === null ? "–" : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A span of time for people, such as `3 min 20 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const parts = units.slice(first, first + 2).map(([size, unit], i) => {
    const value = i === 0 ? Math.floor(seconds / size) : Math.floor((seconds % (units[first]?.[0] ?? 1)) / size);
    return value === 0 ? "" : `${value} ${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** A number of bytes for people. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[power] ?? ""}`;
}

/** Units of time from the largest, milliseconds. */
const TIMES = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** Units of bytes; each is 1024 of the one before, as the limits of the protocol and the memory of engines are. */
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A span of time for people, in the two largest units: `8 s`, `3 min 20 s`, `25 d 3 h`. */
export function duration(ms: number): string {
  if (ms > 0 && ms < 500) return "less than 1 s";
  const whole = 1000 * Math.max(0, Math.round(ms / 1000));
  const first = TIMES.findIndex(([unit]) => whole >= unit);
  if (first < 0) return "0 s";
  let rest = whole;
  const parts = TIMES.slice(first, first + 2).map(([unit, name]) => {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return count === 0 ? "" : `${count} ${name}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** A number of bytes for people, in binary units everywhere: `412 B`, `1.50 KiB`, `12.3 MiB`. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${BYTES[power] ?? ""}`;
}

/** What something needs, in whole MiB rounded up: `1234 MiB`. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}

/** A time for people: date and minute, UTC; `–` where there is none. */
export function time(ms: number | null): string {
  return ms === null ? "–" : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

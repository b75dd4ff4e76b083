import type { z } from "zod";

/** A value as far as this version knows it. */
interface Known<T> {
  readonly result: z.ZodSafeParseResult<T>;
  /** Where it says what this version does not know; that was left out. */
  readonly unknown: readonly string[];
}

/** What can be unknown at a place: a field there, or the word that stands there. */
type Strange = "field" | "word";

interface Place {
  readonly path: readonly PropertyKey[];
  readonly strange: Strange;
}

/**
 * Reads a value that a newer version may have written: fields and words that a schema does not know are left out and
 * named, where `spared` says that nothing depends on them. A word that is left out counts as not written.
 */
export function parseKnown<T>(
  schema: z.ZodType<T>,
  value: unknown,
  spared: (path: readonly PropertyKey[], strange: Strange) => boolean,
): Known<T> {
  const copy: unknown = structuredClone(value);
  const unknown: string[] = [];
  for (;;) {
    const result = schema.safeParse(copy);
    const places = strangePlaces(copy, result.error).filter(({ path, strange }) => spared(path, strange));
    if (places.length === 0) return { result, unknown };
    for (const { path } of places) {
      Reflect.deleteProperty(holder(copy, path), path.at(-1) ?? "");
      unknown.push(path.join("."));
    }
  }
}

/** The places of a refused value that a newer version may have written. */
export function strangePlaces(value: unknown, error: z.ZodError | undefined): Place[] {
  const places = (error?.issues ?? []).flatMap((issue): Place[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: [...issue.path, key], strange: "field" }));
    const isWord = issue.code === "invalid_value" || issue.code === "invalid_union";
    return isWord ? [{ path: issue.path, strange: "word" }] : [];
  });
  // A word that is missing is no new one.
  return places.filter(({ path }) => Object.hasOwn(holder(value, path), path.at(-1) ?? ""));
}

/** What holds the field at the end of a path; nothing where there is no such thing. */
function holder(value: unknown, path: readonly PropertyKey[]): object {
  const held = path.slice(0, -1).reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
  return typeof held === "object" && held !== null ? held : {};
}

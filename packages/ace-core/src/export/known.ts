import type { z } from "zod";

/** A value as far as this version knows its fields. */
interface Known<T> {
  readonly result: z.ZodSafeParseResult<T>;
  /** The fields that this version does not know, which were left out. */
  readonly unknown: readonly string[];
}

/** Reads a value that a newer version may have written: fields that a schema does not know are left out and named. */
export function parseKnown<T>(schema: z.ZodType<T>, value: unknown): Known<T> {
  const copy: unknown = structuredClone(value);
  const unknown: string[] = [];
  for (;;) {
    const result = schema.safeParse(copy);
    const strange = result.error?.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
    );
    if (strange === undefined || strange.length === 0) return { result, unknown };
    for (const path of strange) {
      remove(copy, path);
      unknown.push(path.join("."));
    }
  }
}

function remove(value: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
  // A field of its own, never one of the prototype's.
  Reflect.deleteProperty(parent as object, path.at(-1) ?? "");
}

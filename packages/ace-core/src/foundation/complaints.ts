import { z } from "zod";
import { nearest } from "./spelling.js";
import { visible } from "./visible.js";

/** One thing that is wrong, and where. */
interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  /** What stands there, and what it may be meant for. */
  readonly remark?: string;
}

type Issue = z.core.$ZodIssue;

/** Of what was written, this many characters are quoted. */
const QUOTED = 40;

/**
 * What is wrong with something a person wrote, in that person's words: `classes is missing; did you mean it by clases?`.
 *
 * @returns a sentence for each; none if the schema takes the value
 */
export function complaints(schema: z.ZodType, value: unknown): readonly string[] {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return [];
  const keys = keysOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return lines(parsed.error.issues, [], keys).map(({ path, text, remark = "" }) => {
    const line = visible(`${nameOf(path)} ${text}${remark}`);
    return line.endsWith("?") ? line : `${line}.`;
  });
}

function lines(issues: readonly Issue[], at: readonly PropertyKey[], keys: readonly string[]): Complaint[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...at, ...issue.path, key]) : [],
  );
  const claimed = new Set<string>();
  const found = issues.flatMap((issue): Complaint[] => {
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") return [];
    if (issue.code === "invalid_union") return alternatives(issue.errors, path, keys);
    if (!("input" in issue) || issue.input !== undefined)
      return [{ path, text: textOf(issue), remark: remarkOf(issue) }];
    const beside = unknown.filter((other) => nameOf(other.slice(0, -1)) === nameOf(path.slice(0, -1)));
    const meant = nearest(
      String(path.at(-1)),
      beside.map((other) => String(other.at(-1))),
    );
    if (meant === undefined) return [{ path, text: "is missing" }];
    claimed.add(nameOf([...path.slice(0, -1), meant]));
    return [{ path, text: `is missing; did you mean it by ${meant}?` }];
  });
  const others = unknown.filter((path) => !claimed.has(nameOf(path)));
  return [...found, ...others.map((path) => ({ path, text: problemOf(path, keys) }))];
}

/** Of several forms that something may have, the one that it comes nearest to; all of them where that is open. */
function alternatives(
  branches: readonly (readonly Issue[])[],
  path: readonly PropertyKey[],
  keys: readonly string[],
): Complaint[] {
  const each = branches.map((issues) => lines(issues, path, keys));
  const fewest = Math.min(...each.map((some) => some.length));
  const near = each.filter((some) => some.length === fewest);
  const [first = []] = near;
  if (fewest !== 1) return first;
  const same = near.flat().filter((one) => nameOf(one.path) === nameOf(first[0]?.path ?? []));
  const text = [...new Set(same.map((one) => one.text))].join(", or ");
  const [remark = ""] = same.flatMap((one) => one.remark ?? []).sort((a, b) => b.length - a.length);
  return [{ path: first[0]?.path ?? path, text, remark }];
}

/** A key that is not known may be meant for one like it in its place, or for the same in another. */
function problemOf(path: readonly PropertyKey[], keys: readonly string[]): string {
  const parent = path.length > 1 ? `${nameOf(path.slice(0, -1))}.` : "";
  const key = String(path.at(-1));
  const here = keys.filter((known) => known.startsWith(parent)).map((known) => known.slice(parent.length));
  const beside = here.filter((known) => !known.includes("."));
  if (beside.includes(key)) return "cannot stand beside what else is there";
  const meant = nearest(key, beside) ?? keys.find((known) => known.endsWith(`.${key}`) || known === key);
  return `is not known${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

function textOf(issue: Issue): string {
  if (issue.code === "invalid_type") return `must be ${KINDS[issue.expected] ?? `of type ${issue.expected}`}`;
  if (issue.code === "invalid_value") {
    return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
  }
  if (issue.code === "too_small" || issue.code === "too_big") {
    const [least, more, bound] =
      issue.code === "too_small" ? ["at least", "more than", issue.minimum] : ["at most", "less than", issue.maximum];
    const number = `${issue.inclusive === false ? more : least} ${bound}`;
    if (issue.origin === "array") return `must have ${number} entries`;
    return issue.origin === "string" ? `must have ${number} characters` : `must be ${number}`;
  }
  if (issue.code === "invalid_key") return `is no key: ${issue.issues.map(({ message }) => message).join(", ")}`;
  return `is not right: ${issue.message}`;
}

function remarkOf(issue: Issue): string {
  if (!("input" in issue)) return "";
  const words = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const meant = typeof issue.input === "string" ? nearest(issue.input, words) : undefined;
  return `; it is ${quoted(issue.input)}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "a mapping of keys to values",
  record: "a mapping of keys to values",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function quoted(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return typeof value;
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`;
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the whole of it" : path.map(String).join(".");
}

/** Every key that a schema knows, with dots between levels. */
function keysOf(schema: z.core.JSONSchema.BaseSchema, prefix = ""): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
    typeof inner === "boolean" ? [] : [`${prefix}${key}`, ...keysOf(inner, `${prefix}${key}.`)],
  );
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [...new Set([...own, ...forms.flatMap((form) => (typeof form === "boolean" ? [] : keysOf(form, prefix)))])];
}

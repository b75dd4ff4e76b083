import { z } from "zod";

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** Bounds that zod adds to every integer say nothing to a reader. */
const bound = (value: number | undefined): number | undefined =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value;

function numberText(schema: JsonSchema): string {
  const kind = schema.type === "integer" ? "integer" : "number";
  const low = bound(schema.minimum ?? schema.exclusiveMinimum);
  const high = bound(schema.maximum);
  if (low !== undefined && high !== undefined) return `${kind} ${low} to ${high}`;
  if (low !== undefined) return `${kind} ≥ ${low}`;
  return high === undefined ? kind : `${kind} ≤ ${high}`;
}

/** One type as words. */
function typeText(schema: JsonSchema): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map(typeText).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.length > 8
      ? "one of the codes listed"
      : schema.enum.map((value) => JSON.stringify(value)).join(", ");
  switch (schema.type) {
    case "string":
      if (schema.format !== undefined && schema.pattern === undefined) return `string (${schema.format})`;
      if (schema.pattern !== undefined && schema.pattern.length < 60) return `string /${schema.pattern}/`;
      return schema.maxLength === undefined ? "string" : `string of at most ${schema.maxLength} characters`;
    case "integer":
    case "number":
      return numberText(schema);
    case "array":
      if (schema.prefixItems !== undefined)
        return `${schema.prefixItems.length} × ${typeText(schema.prefixItems[0] ?? {})}`;
      return `list of ${typeText(schema.items ?? {})}${schema.maxItems === undefined ? "" : `, at most ${schema.maxItems}`}`;
    case "object":
      return schema.properties === undefined
        ? `map of name to ${typeText(typeof schema.additionalProperties === "object" ? schema.additionalProperties : {})}`
        : `{ ${Object.entries(schema.properties)
            .map(([name, inner]) => `${name}: ${typeText(inner)}`)
            .join("; ")} }`;
    case "boolean":
    case "null":
      return schema.type;
    case undefined:
    default:
      return "see below";
  }
}

/** The fields of an object schema as Markdown table rows: name, type, whether it must be there. */
export function schemaTable(schema: z.ZodType, io: "input" | "output" = "output"): string {
  const json = z.toJSONSchema(schema, { unrepresentable: "any", io }) as JsonSchema;
  if (json.properties === undefined) return typeText(json);
  const fields = Object.entries(json.properties);
  if (fields.length === 0) return "No fields.";
  const rows = fields.map(
    ([name, field]) =>
      `| \`${name}\` | ${typeText(field).replaceAll("|", "\\|")} |${json.required?.includes(name) === true ? "" : " optional"} |`,
  );
  return ["| field | type | |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The keys of a configuration as Markdown table rows, nested ones with dots: key, type, default, meaning. */
export function configurationTable(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as JsonSchema;
  return ["| key | type | default | |", "| --- | --- | --- | --- |", ...configurationRows(json, "")].join("\n");
}

function configurationRows({ properties = {}, required = [] }: JsonSchema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const key = `${prefix}${name}`;
    if (field.type === "object" && field.properties !== undefined) return configurationRows(field, `${key}.`);
    const initial = required.includes(name) ? "must be given" : field.default === undefined ? "" : code(field.default);
    const cells = [`\`${key}\``, typeText(field), initial, field.description ?? ""];
    return [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`];
  });
}

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

import ts from "typescript";
import type { SourceFile } from "./source-graph.js";

/** What a file may take from the machine without being given it. */
export type HiddenInput = "time" | "timer" | "randomness" | "environment";

/** Members of what is there everywhere (`globalThis.Date` is `Date`), by what they bring in. */
const MEMBERS: Readonly<Record<string, HiddenInput>> = {
  "Date.now": "time",
  "performance.now": "time",
  "performance.timeOrigin": "time",
  "process.hrtime": "time",
  "process.uptime": "time",
  "AbortSignal.timeout": "timer",
  "Math.random": "randomness",
  "crypto.randomUUID": "randomness",
  "crypto.getRandomValues": "randomness",
  "process.env": "environment",
};

/** Not `setImmediate`, which lets others have their turn and knows no time. */
const TIMERS = /^(setTimeout|setInterval)$/;

/** Modules that hand out the same under names of the importer's choice. */
const MODULES: Readonly<Record<string, HiddenInput>> = { perf_hooks: "time", timers: "timer", process: "environment" };

/** What `node:crypto` has to draw with; the rest of it reckons. */
const DRAWS = /^(random|getRandomValues$|webcrypto$)/;

/** The last name of `x` in `x`, `globalThis.x`, `globalThis["x"]`. */
function lastName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression))
    return node.argumentExpression.text;
  return undefined;
}

/** The inputs that taking `const { now } = Date` brings in. */
function takenApart(node: ts.VariableDeclaration): HiddenInput[] {
  const owner = node.initializer === undefined ? undefined : lastName(node.initializer);
  if (!ts.isObjectBindingPattern(node.name) || owner === undefined) return [];
  return node.name.elements.flatMap(
    (element) => MEMBERS[`${owner}.${(element.propertyName ?? element.name).getText()}`] ?? [],
  );
}

/** What an import of `node:crypto` is for; with the whole module comes all that it can. */
function drawnFrom({ importClause }: ts.ImportDeclaration): HiddenInput[] {
  const named = importClause?.namedBindings;
  const draws =
    importClause?.name !== undefined ||
    (named !== undefined && ts.isNamespaceImport(named)) ||
    named?.elements.some(({ name, propertyName }) => DRAWS.test((propertyName ?? name).text)) === true;
  return draws ? ["randomness"] : [];
}

/** What a node of the tree by itself reads: a member, a date without a time given, a timer, a module of these. */
function readBy(node: ts.Node): readonly HiddenInput[] {
  if (ts.isVariableDeclaration(node)) return takenApart(node);
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const name = lastName(node) ?? "";
    if (TIMERS.test(name) && lastName(node.expression) === "globalThis") return ["timer"];
    const member = MEMBERS[`${lastName(node.expression) ?? ""}.${name}`];
    return member === undefined ? [] : [member];
  }
  if (ts.isNewExpression(node) && lastName(node.expression) === "Date")
    return (node.arguments ?? []).length === 0 ? ["time"] : [];
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    if (node.expression.text === "Date") return ["time"];
    return TIMERS.test(node.expression.text) ? ["timer"] : [];
  }
  if (ts.isIdentifier(node)) return node.text === "systemClock" && !ts.isExportSpecifier(node.parent) ? ["time"] : [];
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    if (/^(node:)?crypto$/.test(node.moduleSpecifier.text)) return drawnFrom(node);
    const module = MODULES[/^(?:node:)?([a-z_]+)(\/|$)/.exec(node.moduleSpecifier.text)?.[1] ?? ""];
    return module === undefined ? [] : [module];
  }
  return [];
}

/** What `file` reads of the machine by itself, each kind once, in the order of the alphabet. */
export function hiddenInputs(file: Pick<SourceFile, "path" | "text">): HiddenInput[] {
  const found = new Set<HiddenInput>();
  const visit = (node: ts.Node): void => {
    for (const input of readBy(node)) found.add(input);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true));
  return [...found].sort();
}

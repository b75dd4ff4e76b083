import ts from "typescript";
import type { SourceFile } from "./source-graph.js";

/** Stands for every name of a file: `import * as`, `import()`. */
const ALL = "*";

/** An exported name that no other file of the repository imports. */
interface UnusedExport {
  readonly path: string;
  readonly name: string;
  /** It is passed on as a type: no value of that name is there at run time. */
  readonly typeOnly: boolean;
}

interface Names {
  /** The names that the file itself exports, its own and those it passes on. */
  readonly exported: readonly { readonly name: string; readonly typeOnly: boolean }[];
  /** What it takes from others: path of the file it imports → names. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>;
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);

/** The names that one binding, plain or taken apart, declares. */
function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** The names that a declaration with `export` before it exports. */
function declaredNames(node: ts.Statement): string[] {
  if (!isExported(node)) return [];
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  const named =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  return named && node.name !== undefined ? [node.name.text] : [];
}

/** The names of an import declaration, by what they are called where they come from. */
function importedNames(node: ts.ImportDeclaration): string[] {
  const bindings = node.importClause?.namedBindings;
  const own = node.importClause?.name === undefined ? [] : ["default"];
  if (bindings === undefined) return own;
  if (ts.isNamespaceImport(bindings)) return [...own, ALL];
  return [...own, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
}

function namesOf(file: SourceFile): Names {
  const exported: { name: string; typeOnly: boolean }[] = [];
  const taken = new Map<string, Set<string>>();
  const targets = new Map(file.imports.map(({ specifier, target }) => [specifier, target]));
  const take = (specifier: ts.Expression, names: readonly string[]): void => {
    const target = ts.isStringLiteralLike(specifier) ? targets.get(specifier.text) : undefined;
    if (target === undefined) return;
    taken.set(target, new Set([...(taken.get(target) ?? []), ...names]));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) take(node.moduleSpecifier, importedNames(node));
    else if (ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause)) {
      const { elements } = node.exportClause;
      for (const { name, isTypeOnly } of elements)
        exported.push({ name: name.text, typeOnly: node.isTypeOnly || isTypeOnly });
      if (node.moduleSpecifier !== undefined)
        take(
          node.moduleSpecifier,
          elements.map((element) => (element.propertyName ?? element.name).text),
        );
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined) take(specifier, [ALL]);
    }
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
  visit(source);
  for (const name of source.statements.flatMap(declaredNames)) exported.push({ name, typeOnly: false });
  return { exported, taken };
}

/** The exports that no other file imports or passes on. */
export function unusedExports(files: readonly SourceFile[]): UnusedExport[] {
  const names = new Map(files.map((file) => [file.path, namesOf(file)]));
  const used = new Map<string, Set<string>>();
  for (const { taken } of names.values())
    for (const [path, some] of taken) used.set(path, new Set([...(used.get(path) ?? []), ...some]));
  return [...names].flatMap(([path, { exported }]) => {
    const taken = used.get(path) ?? new Set();
    return taken.has(ALL) ? [] : exported.filter(({ name }) => !taken.has(name)).map((one) => ({ path, ...one }));
  });
}

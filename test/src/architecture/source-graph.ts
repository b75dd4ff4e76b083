import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PROJECTS = ["packages/ace-core", "packages/site-client", "packages/coordinator", "deploy", "test"] as const;

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  /** `packages/ace-core` and so on. */
  readonly project: string;
  /** First folder below `src`, or `""`. */
  readonly folder: string;
  readonly text: string;
  /** A test file, or what only test files use (`*.test.helper.ts`). */
  readonly isTest: boolean;
  readonly imports: readonly ImportEdge[];
}

interface ImportEdge {
  readonly specifier: string;
  /** The source file it leads to, or undefined for a package of another house. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

/** Where `specifier`, written in `path`, leads to inside the repository. */
function resolveImport(path: string, specifier: string): string | undefined {
  const toSource = (file: string): string | undefined => {
    const source = file.replace(/\.js$/, ".ts");
    return existsSync(join(ROOT, source)) ? source : undefined;
  };
  if (specifier.startsWith(".")) return toSource(relative(ROOT, join(ROOT, dirname(path), specifier)));
  const own = /^@fedace\/([a-z-]+)(?:\/(.+))?$/.exec(specifier);
  if (own === null) return undefined;
  const project = PROJECTS.find((candidate) => candidate.split("/").at(-1) === own[1]);
  if (project === undefined) return undefined;
  return toSource(own[2] === undefined ? `${project}/src/index.js` : `${project}/src/${own[2]}/index.js`);
}

/** Every import, export-from and dynamic import of a file; type-only ones are marked. */
function importsOf(path: string, text: string): ImportEdge[] {
  const edges: ImportEdge[] = [];
  const add = (node: ts.Node, typeOnly: boolean): void => {
    if (ts.isStringLiteralLike(node))
      edges.push({ specifier: node.text, target: resolveImport(path, node.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
      add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.arguments[0] !== undefined) {
      const callee = node.expression.getText();
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword || /^(require|import\.meta\.resolve)$/.test(callee))
        add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true));
  return edges;
}

/** All TypeScript sources of the workspace. */
export function sourceFiles(): SourceFile[] {
  return PROJECTS.flatMap((project) =>
    readdirSync(join(ROOT, project, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name): SourceFile => {
        const path = `${project}/src/${name.replaceAll("\\", "/")}`;
        const text = readFileSync(join(ROOT, path), "utf8");
        const parts = path.slice(`${project}/src/`.length).split("/");
        return {
          path,
          project,
          folder: parts.length > 1 ? (parts[0] ?? "") : "",
          text,
          isTest: /\.test(\.helper)?\.ts$|\/src\/testing\//.test(path),
          imports: importsOf(path, text),
        };
      }),
  );
}

/** Every file that `start` reaches at run time (type-only imports do not count), and the outside packages they use. */
export function runtimeClosure(
  files: readonly SourceFile[],
  start: readonly string[],
): { files: Set<string>; packages: Set<string> } {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const queue = [...start];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const edge of byPath.get(path)?.imports ?? []) {
      if (edge.typeOnly) continue;
      if (edge.target === undefined) packages.add(edge.specifier);
      else queue.push(edge.target);
    }
  }
  return { files: seen, packages };
}

/** The cycles of a graph, each as a path that ends where it began. */
function cyclesOf(nodes: Iterable<string>, next: (node: string) => Iterable<string>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start >= 0) {
      cycles.push([...trail.slice(start), node]);
      return;
    }
    if (done.has(node)) return;
    for (const to of next(node)) walk(to, [...trail, node]);
    done.add(node);
  };
  for (const node of nodes) walk(node, []);
  return cycles;
}

/** The import cycles among `files`; an import of a type alone counts, since it ties two files together as well. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const next = (path: string): string[] => byPath.get(path)?.imports.flatMap(({ target }) => target ?? []) ?? [];
  return cyclesOf(byPath.keys(), next);
}

/** The cycles among the folders of one project: what a cycle of rooms is, even where no cycle of files shows it. */
export function roomCycles(files: readonly SourceFile[]): string[][] {
  const folderOf = new Map(files.map((file) => [file.path, file.folder]));
  const edges = new Map<string, Set<string>>();
  for (const { folder, imports } of files) {
    for (const { target } of imports) {
      const to = target === undefined ? undefined : folderOf.get(target);
      if (folder === "" || to === undefined || to === "" || to === folder) continue;
      edges.set(folder, (edges.get(folder) ?? new Set()).add(to));
    }
  }
  return cyclesOf(edges.keys(), (folder) => edges.get(folder) ?? []);
}

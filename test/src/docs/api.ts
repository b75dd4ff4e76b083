import ts from "typescript";
import { sourceFiles } from "../architecture/source-graph.js";

/**
 * The public names of every index of the three packages, as text: one block per subpath, names sorted, types marked.
 */
export function publicApi(): string {
  const blocks = sourceFiles()
    .filter((file) => file.project.startsWith("packages/") && file.path.endsWith("/index.ts"))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => {
      const names: string[] = [];
      const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
      for (const statement of source.statements) {
        if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
        if (!ts.isNamedExports(statement.exportClause)) continue;
        for (const element of statement.exportClause.elements)
          names.push(`${statement.isTypeOnly || element.isTypeOnly ? "type " : ""}${element.name.text}`);
      }
      return `${file.path}\n${names
        .sort()
        .map((name) => `  ${name}\n`)
        .join("")}`;
    });
  return blocks.join("\n");
}

import ts from "typescript";
import { publicFiles } from "../architecture/public-files.js";
import { sourceFiles } from "../architecture/source-graph.js";

/** The public names of the three packages, as text: one block per entry, names sorted, types marked. */
export function publicApi(): string {
  const entries = new Set(publicFiles());
  const blocks = sourceFiles()
    .filter((file) => entries.has(file.path))
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

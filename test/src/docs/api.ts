import ts from "typescript";
import { sourceFiles } from "../architecture/source-graph.js";

/** What others can import: the subpaths of ace-core, the index of each program. */
const PUBLIC = /^packages\/(ace-core\/src\/.+|(coordinator|site-client)\/src)\/index\.ts$/;

/** The public names of the three packages, as text: one block per index, names sorted, types marked. */
export function publicApi(): string {
  const blocks = sourceFiles()
    .filter((file) => PUBLIC.test(file.path))
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

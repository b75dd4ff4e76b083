import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source-graph.js";

const PACKAGES = ["packages/ace-core", "packages/coordinator", "packages/site-client"] as const;

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
}

/** The source files that the packages' `exports` name: what others can import, and nothing else is public. */
export function publicFiles(): string[] {
  return PACKAGES.flatMap((project) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, project, "package.json"), "utf8")) as Manifest;
    return Object.values(manifest.exports).map((entry) =>
      `${project}/${entry.default.replace(/^\.\/dist\//, "src/")}`.replace(/\.js$/, ".ts"),
    );
  });
}

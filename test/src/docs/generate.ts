/** `npm run docs`: writes the generated pages. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../architecture/source-graph.js";
import { generatedPages } from "./pages.js";

for (const [path, content] of Object.entries(generatedPages())) {
  writeFileSync(join(ROOT, path), content);
  console.log(path);
}

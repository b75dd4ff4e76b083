#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(entry)) {
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  // As the catalogue has it, which is not built either.
  const code = "PROGRAM_NOT_BUILT";
  console.error(`error ${code}: fedace-coordinator has not been built in this checkout yet.`);
  console.error("next: Run `npm run build` in the checkout, then the command again.");
  process.exitCode = 6;
}

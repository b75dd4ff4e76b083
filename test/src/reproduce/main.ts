/** `npm run reproduce`: see USAGE. */
import { compare } from "./compare.js";
import { parseOptions, USAGE, UsageError } from "./options.js";
import { writeReport } from "./report/write.js";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else await writeReport(options, await compare(options));
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  if (error instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

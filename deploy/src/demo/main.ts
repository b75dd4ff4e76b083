/** `npm run demo`: see DEMO_HELP. */
import { runDemo } from "./demo.js";
import { DEMO_HELP, parseOptions, UsageError } from "./options.js";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(DEMO_HELP);
  else await runDemo(options);
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${DEMO_HELP}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

import type { Logger } from "@fedace/ace-core/foundation";
import { pino } from "pino";
import { z } from "zod";
import type { Terminal } from "./terminal.js";

const lineSchema = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string(),
  code: z.string().optional(),
});
const WARN = 40;
const ERROR = 50;

/** A log line for people: the time of day, what happened, and the code to look up. */
function readable(line: string): string {
  const { level, time, msg, code } = lineSchema.parse(JSON.parse(line));
  const clock = new Date(time).toTimeString().slice(0, 8);
  const mark = level >= ERROR ? "error: " : level >= WARN ? "warning: " : "";
  return `${clock}  ${mark}${msg}${code === undefined || msg.includes(code) ? "" : ` [${code}]`}\n`;
}

/** The console of a site, on standard error: readable lines, or JSON lines for machines. */
export function consoleLogger(terminal: Terminal, options: { readonly json: boolean; readonly level: string }): Logger {
  const log = pino(
    { level: options.level, base: null },
    {
      write: (line: string) => {
        terminal.err(options.json ? line : readable(line));
      },
    },
  );
  const bind =
    (method: "debug" | "info" | "warn" | "error"): Logger["info"] =>
    (message, fields = {}) => {
      log[method](fields, message);
    };
  return { debug: bind("debug"), info: bind("info"), warn: bind("warn"), error: bind("error") };
}

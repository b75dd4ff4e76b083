import { CORE_ERRORS } from "@fedace/ace-core/foundation";
import type { ErrorEntry, Logger } from "@fedace/ace-core/foundation";
import { pino } from "pino";
import { z } from "zod";
import { SITE_ERRORS } from "../errors.js";
import { REJECTIONS } from "../transport/index.js";
import type { Terminal } from "./terminal.js";

const lineSchema = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string(),
  code: z.string().optional(),
  /** What to do in this very case, in place of the catalogue's. */
  remedy: z.string().optional(),
});
const WARN = 40;
const ERROR = 50;

/** What to do about a code, from the catalogue that has it. */
function remedyOf(code: string | undefined): string | undefined {
  const entries: Readonly<Record<string, ErrorEntry>> = { ...REJECTIONS, ...CORE_ERRORS, ...SITE_ERRORS };
  return code === undefined || !Object.hasOwn(entries, code) ? undefined : entries[code]?.remedy;
}

/**
 * Log lines for people: the time of day, what happened, the code to look up, and what to do about it, which is not
 * said twice in a row.
 */
function lineReader(): (line: string) => string {
  let advised: string | undefined;
  return (line) => {
    const { level, time, msg, code, ...more } = lineSchema.parse(JSON.parse(line));
    const clock = new Date(time).toTimeString().slice(0, 8);
    const mark = level >= ERROR ? "error: " : level >= WARN ? "warning: " : "";
    const said = `${clock}  ${mark}${msg}${code === undefined || msg.includes(code) ? "" : ` [${code}]`}\n`;
    const remedy = level >= WARN ? (more.remedy ?? remedyOf(code)) : undefined;
    if (remedy === undefined || code === advised) return said;
    advised = code;
    return `${said}          next: ${remedy}\n`;
  };
}

/** The console of a site, on standard error: readable lines, or JSON lines for machines. */
export function consoleLogger(terminal: Terminal, options: { readonly json: boolean; readonly level: string }): Logger {
  const readable = lineReader();
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

import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { pino } from "pino";
import type { Terminal } from "./io.js";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];
const MARKS: Readonly<Record<LogLevel, string>> = { debug: "", info: "", warn: "warning: ", error: "error: " };

/** The server's log on standard error: readable lines, or JSON lines for machines. */
export function serverLogger(
  { terminal, clock }: { readonly terminal: Terminal; readonly clock: Clock },
  { json, level }: { readonly json: boolean; readonly level: LogLevel },
): Logger {
  return json ? jsonLogger(terminal, level) : readableLogger(terminal, clock, level);
}

function jsonLogger(terminal: Terminal, level: LogLevel): Logger {
  const log = pino(
    { level, base: null, errorKey: "error" },
    {
      write: (line: string) => {
        terminal.err(line);
      },
    },
  );
  return loggerOf((method, message, fields) => {
    log[method](fields, message);
  });
}

/** The time of day, what happened, and of an error its code and what to do. */
function readableLogger(terminal: Terminal, clock: Clock, level: LogLevel): Logger {
  return loggerOf((method, message, { error }) => {
    if (LEVELS.indexOf(method) < LEVELS.indexOf(level)) return;
    const time = new Date(clock.now()).toTimeString().slice(0, 8);
    const remedy = isFedaceError(error) && error.remedy !== "" ? `\n          next: ${error.remedy}` : "";
    terminal.err(`${time}  ${MARKS[method]}${message}${reason(error)}${remedy}\n`);
  });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return isFedaceError(error) ? `: ${error.message} [${error.code}]` : `: ${error.message}`;
}

function loggerOf(say: (level: LogLevel, message: string, fields: Record<string, unknown>) => void): Logger {
  const bind =
    (level: LogLevel): Logger["info"] =>
    (message, fields = {}) => {
      say(level, message, fields);
    };
  return { debug: bind("debug"), info: bind("info"), warn: bind("warn"), error: bind("error") };
}

import { pino } from "pino";
import type { Clock, Logger } from "../../foundation/index.js";
import { isFedaceError, visibleJson, visibleLines } from "../../foundation/index.js";
import type { Terminal } from "./terminal.js";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MARKS: Readonly<Record<LogLevel, string>> = { debug: "", info: "", warn: "warning: ", error: "error: " };

interface LogOptions {
  /** One JSON object a line, for machines, in place of readable lines. */
  readonly json: boolean;
  readonly level: LogLevel;
  /** What to do about a code that a line carries without a remedy. Default: nothing is said. */
  readonly remedyOf?: (code: string) => string | undefined;
}

type Say = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

/** The log of a service on standard error. Text from outside is made visible in both forms. */
export function consoleLogger(
  { terminal, clock }: { readonly terminal: Pick<Terminal, "err">; readonly clock: Clock },
  options: LogOptions,
): Logger {
  const say = options.json ? jsonLines(terminal, options.level) : readableLines(terminal, clock, options);
  const bind =
    (level: LogLevel): Logger["info"] =>
    (message, fields = {}) => {
      say(level, message, fields);
    };
  return { debug: bind("debug"), info: bind("info"), warn: bind("warn"), error: bind("error") };
}

function jsonLines(terminal: Pick<Terminal, "err">, level: LogLevel): Say {
  const log = pino(
    { level, base: null, errorKey: "error" },
    {
      write: (line: string) => {
        terminal.err(`${visibleJson(JSON.parse(line))}\n`);
      },
    },
  );
  return (method, message, fields) => {
    log[method](fields, message);
  };
}

/**
 * The time of day, what happened, of an error or a code its name, and what to do about it, which is not said twice in a
 * row.
 */
function readableLines(
  terminal: Pick<Terminal, "err">,
  clock: Clock,
  { level, remedyOf = () => undefined }: LogOptions,
): Say {
  let advised: string | undefined;
  return (method, message, { error, code, remedy }) => {
    if (LOG_LEVELS.indexOf(method) < LOG_LEVELS.indexOf(level)) return;
    const time = new Date(clock.now()).toTimeString().slice(0, 8);
    const name = isFedaceError(error) ? error.code : typeof code === "string" ? code : undefined;
    const reason = error instanceof Error ? `: ${error.message}` : "";
    const what = `${message}${reason}`;
    const tail = name === undefined || what.includes(name) ? "" : ` [${name}]`;
    const next =
      LOG_LEVELS.indexOf(method) < LOG_LEVELS.indexOf("warn")
        ? undefined
        : (adviceOf(remedy, error) ?? (name === undefined ? undefined : remedyOf(name)));
    const advice =
      next === undefined || next === "" || name === advised ? "" : `          next: ${visibleLines(next)}\n`;
    if (advice !== "") advised = name;
    terminal.err(`${time}  ${MARKS[method]}${visibleLines(what)}${tail}\n${advice}`);
  };
}

/** What to do in this very case. */
function adviceOf(remedy: unknown, error: unknown): string | undefined {
  if (typeof remedy === "string") return remedy;
  return isFedaceError(error) ? error.remedy : undefined;
}

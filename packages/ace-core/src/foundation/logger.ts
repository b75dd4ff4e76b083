/** Facts of a log line. No patient, path or file name belongs here at a site. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The smallest logger the packages need; the commands pass one made of pino. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = (): void => undefined;

/** A logger that says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

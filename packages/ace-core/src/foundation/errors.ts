/**
 * What a person needs to know about one error code. The catalogues of all packages together make ERRORS.md.
 */
export interface ErrorEntry {
  /** Exit code of a command that ends with this error, see {@link EXIT_CODES}. */
  readonly exit: ExitName;
  /** Why it happens, one sentence. */
  readonly cause: string;
  /** What to do next, one sentence in the imperative. */
  readonly remedy: string;
}

/** Exit codes of both commands: the number a shell sees, and when. */
export const EXIT_CODES = {
  ok: 0,
  internal: 1,
  usage: 2,
  input: 3,
  refused: 4,
  network: 5,
  resources: 6,
  state: 7,
} as const;

export type ExitName = keyof typeof EXIT_CODES;

/** A catalogue: every error code of one package, with cause and remedy. A retired code is never used again. */
export type ErrorCatalogue = Readonly<Record<string, ErrorEntry>>;

/** Facts that belong to an error. On a site they stay on the site: nothing sends them. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface ErrorInit {
  readonly fields?: ErrorFields;
  readonly cause?: unknown;
  /** A remedy for this very case, where it can be more exact than the catalogue's. */
  readonly remedy?: string;
}

/**
 * The one base of all errors that a user may see. `code` is a key of a catalogue, `message` says what happened in
 * this case, `remedy` what to do next.
 */
export class FedaceError<Code extends string = string> extends Error {
  override readonly name: string = "FedaceError";
  readonly code: Code;
  readonly exit: ExitName;
  readonly remedy: string;
  readonly fields: ErrorFields;

  constructor(code: Code, message: string, entry: ErrorEntry, init: ErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.exit = entry.exit;
    this.remedy = init.remedy ?? entry.remedy;
    this.fields = init.fields ?? {};
  }
}

/**
 * Makes the error constructor of one catalogue: `const fail = errorFactory(CATALOGUE); throw fail("CODE", "…")`.
 */
export function errorFactory<C extends ErrorCatalogue>(
  catalogue: C,
): (code: keyof C & string, message: string, init?: ErrorInit) => FedaceError<keyof C & string> {
  return (code, message, init) => {
    const entry = catalogue[code];
    if (entry === undefined) throw new TypeError(`error code ${code} is in no catalogue`);
    return new FedaceError(code, message, entry, init);
  };
}

/** True when `error` is a {@link FedaceError}, with one of `codes` where any are given. */
export function isFedaceError<Code extends string>(error: unknown, ...codes: Code[]): error is FedaceError<Code> {
  return (
    error instanceof FedaceError && (codes.length === 0 || (codes as string[]).includes((error as FedaceError).code))
  );
}

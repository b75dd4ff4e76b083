/** A benchmark that `npm run bench -- NAME` can run. */
export interface Benchmark {
  /** One line for the list. */
  readonly summary: string;
  /** What its options are, one line each. */
  readonly options: readonly string[];
  /** @param args what follows the name on the command line. */
  run(args: string[]): Promise<void>;
}

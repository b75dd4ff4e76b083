/** Something that is started once and stopped once; stopping twice is harmless. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

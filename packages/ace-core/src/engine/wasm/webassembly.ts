/** The part of the WebAssembly API that the engine uses; TypeScript declares it for browsers only. */

/** Compiled code; can be sent to another thread. */
export interface WasmModule {
  readonly wasmModule: unique symbol;
}

/** A linear memory; a shared one can be sent to another thread. */
export interface WasmMemory {
  /** A new object after each growth; views on older ones stay valid. */
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB. */
  grow(pages: number): number;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: { exports(module: WasmModule): readonly { name: string; kind: string }[] };
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
}

export const WebAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

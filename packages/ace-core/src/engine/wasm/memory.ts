import { coreError } from "../../foundation/index.js";
import { Allocator } from "./allocator.js";
import { CONTROL_BYTES } from "./control.js";
import { WebAssembly, type WasmMemory } from "./webassembly.js";

const PAGE = 65536;

/** What a 32-bit WebAssembly memory can hold: 4 GiB. */
const MAXIMUM_PAGES = 65536;

/** The memory grows by at least 16 MiB, so that it grows rarely. */
const GROWTH_PAGES = 256;

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1048576);

/** The memory that all threads of an engine share, with its allocator. The first page is the pool's control block. */
export class SharedHeap {
  readonly memory: WasmMemory;
  readonly #allocator: Allocator;

  /**
   * @param maximumPages Pages of 64 KiB it may grow to. Default: all that 32 bits address.
   * @throws ENGINE_MEMORY when the address space cannot be reserved.
   */
  constructor(private readonly maximumPages = MAXIMUM_PAGES) {
    try {
      this.memory = new WebAssembly.Memory({ initial: 2, maximum: MAXIMUM_PAGES, shared: true });
    } catch (cause) {
      throw coreError("ENGINE_MEMORY", "4 GiB of address space cannot be reserved for the wasm engine", {
        cause,
        remedy: "Raise the limit on the process's virtual memory (`ulimit -v`).",
      });
    }
    this.#allocator = new Allocator(CONTROL_BYTES, (end) => {
      const pages = this.memory.buffer.byteLength / PAGE;
      const needed = Math.ceil(end / PAGE);
      if (needed > maximumPages) throw this.#exhausted(end);
      if (needed > pages) {
        try {
          this.memory.grow(Math.min(Math.max(needed, pages + GROWTH_PAGES), maximumPages) - pages);
        } catch (cause) {
          throw this.#exhausted(end, cause);
        }
      }
      return this.memory.buffer.byteLength;
    });
  }

  /** Bytes that it can grow to. */
  get capacity(): number {
    return this.maximumPages * PAGE;
  }

  /** Bytes of tensors and scratch held now. */
  get used(): number {
    return this.#allocator.used;
  }

  /** The most bytes held at one time. */
  get peak(): number {
    return this.#allocator.peak;
  }

  /** Number of tensors and scratch areas held now. */
  get blocks(): number {
    return this.#allocator.blocks;
  }

  /** @throws ENGINE_MEMORY when the memory is full. */
  allocate(bytes: number): number {
    return this.#allocator.allocate(bytes);
  }

  free(pointer: number): void {
    this.#allocator.free(pointer);
  }

  floats(pointer: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length);
  }

  integers(pointer: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, length);
  }

  doubles(pointer: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, pointer, length);
  }

  #exhausted(end: number, cause?: unknown): Error {
    const held = mebibytes(this.used);
    return coreError("ENGINE_MEMORY", `the wasm engine holds ${held} MiB and cannot grow to ${mebibytes(end)} MiB`, {
      cause,
    });
  }
}

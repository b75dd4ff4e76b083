import type { GpuDevice } from "./gpu.js";

/** The groups of buffers that one shader has been given. */
export interface Bindings {
  /** A bind group of whole buffers, in the order of the bindings. */
  group(buffers: readonly object[]): object;
}

/**
 * Groups that are kept. A training step meets the same buffers every time, and making a group takes longer than a small
 * dispatch.
 */
const MOST_GROUPS = 256;

let buffersSeen = 0;
const numbers = new WeakMap<object, number>();

/** A number of its own for every buffer, in the order in which they are first seen. */
export function numberOf(buffer: object): number {
  const known = numbers.get(buffer);
  if (known !== undefined) return known;
  numbers.set(buffer, ++buffersSeen);
  return buffersSeen;
}

/** Groups for one layout, made when they are first asked for. */
export function createBindings(device: Pick<GpuDevice, "createBindGroup">, layout: object): Bindings {
  const groups = new Map<string, object>();
  return {
    group: (buffers) => {
      const key = buffers.map(numberOf).join();
      let group = groups.get(key);
      if (group === undefined) {
        if (groups.size >= MOST_GROUPS) groups.clear();
        const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
        group = device.createBindGroup({ layout, entries });
        groups.set(key, group);
      }
      return group;
    },
  };
}

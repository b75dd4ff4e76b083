/** Time on the device of every dispatch, of tfjs's programs too: their command encoders are replaced while it runs. */

interface Pass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

interface Encoder {
  beginComputePass(descriptor?: object): Pass;
  resolveQuerySet(set: object, first: number, count: number, target: object, offset: number): void;
  copyBufferToBuffer(from: object, fromOffset: number, to: object, toOffset: number, size: number): void;
  finish(): object;
}

interface Mapped {
  mapAsync(mode: number): Promise<undefined>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

interface TimedDevice {
  readonly queue: { submit(commands: readonly object[]): void };
  createQuerySet(descriptor: object): object;
  createBuffer(descriptor: object): Mapped;
  createCommandEncoder(): Encoder;
  createComputePipeline(descriptor: { readonly label?: string }): object;
}

interface LabelTime {
  readonly label: string;
  readonly count: number;
  readonly milliseconds: number;
}

interface Stopwatch {
  start(): void;
  stop(): Promise<LabelTime[]>;
}

/** Dispatches of which one set of queries keeps the time. */
const PER_SET = 2048;
const STAMP = 8;

/** @param device a WebGPU device with the feature `timestamp-query`, before its first pipeline is made. */
export function timeDispatches(device: object, globals: Readonly<Record<string, unknown>>): Stopwatch {
  const timed = device as TimedDevice;
  const usage = globals["GPUBufferUsage"] as Readonly<
    Record<"QUERY_RESOLVE" | "COPY_SRC" | "COPY_DST" | "MAP_READ", number>
  >;
  const mode = globals["GPUMapMode"] as { readonly READ: number };
  const labels = new WeakMap<object, string>();
  const makePipeline = timed.createComputePipeline.bind(timed);
  timed.createComputePipeline = (descriptor) => {
    const pipeline = makePipeline(descriptor);
    labels.set(pipeline, descriptor.label ?? "tfjs");
    return pipeline;
  };
  const makeEncoder = timed.createCommandEncoder.bind(timed);
  const sets: object[] = [];
  const seen: string[] = [];
  const timedPass = (encoder: Encoder, begin: Encoder["beginComputePass"]): Pass => {
    let label = "";
    let pipeline: object = encoder;
    let bound: object = encoder;
    return {
      setPipeline: (next) => {
        pipeline = next;
        label = labels.get(next) ?? "tfjs";
      },
      setBindGroup: (_, group) => (bound = group),
      dispatchWorkgroups: (x, y, z) => {
        const place = seen.length % PER_SET;
        if (place === 0) sets.push(timed.createQuerySet({ type: "timestamp", count: 2 * PER_SET }));
        const timestampWrites = {
          querySet: sets.at(-1),
          beginningOfPassWriteIndex: 2 * place,
          endOfPassWriteIndex: 2 * place + 1,
        };
        seen.push(label);
        const pass = begin({ timestampWrites });
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bound);
        pass.dispatchWorkgroups(x, y, z);
        pass.end();
      },
      end: () => undefined,
    };
  };
  const readSet = async (set: object): Promise<BigUint64Array> => {
    const size = 2 * PER_SET * STAMP;
    const resolved = timed.createBuffer({ size, usage: usage.QUERY_RESOLVE | usage.COPY_SRC });
    const readable = timed.createBuffer({ size, usage: usage.COPY_DST | usage.MAP_READ });
    const encoder = makeEncoder();
    encoder.resolveQuerySet(set, 0, 2 * PER_SET, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
    timed.queue.submit([encoder.finish()]);
    await readable.mapAsync(mode.READ);
    const stamps = new BigUint64Array(readable.getMappedRange().slice(0));
    resolved.destroy();
    readable.destroy();
    return stamps;
  };
  return {
    start: () => {
      timed.createCommandEncoder = () => {
        const encoder = makeEncoder();
        const begin = encoder.beginComputePass.bind(encoder);
        encoder.beginComputePass = () => timedPass(encoder, begin);
        return encoder;
      };
    },
    stop: async () => {
      timed.createCommandEncoder = makeEncoder;
      const times = new Map<string, { count: number; milliseconds: number }>();
      const stamps = await Promise.all(sets.map(readSet));
      for (const [i, label] of seen.entries()) {
        const at = 2 * (i % PER_SET);
        const [from = 0n, to = 0n] = stamps[Math.floor(i / PER_SET)]?.subarray(at, at + 2) ?? [];
        const { count, milliseconds } = times.get(label) ?? { count: 0, milliseconds: 0 };
        times.set(label, { count: count + 1, milliseconds: milliseconds + Number(to - from) / 1e6 });
      }
      return [...times].map(([label, time]) => ({ label, ...time }));
    },
  };
}

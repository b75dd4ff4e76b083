import { CHUNK_VALUES, movingAverage } from "@fedace/ace-core/aggregation";
import { openValues } from "@fedace/ace-core/host";
import { encodeHeader, totalElements } from "@fedace/ace-core/tensors";
import type { ObjectRef, Objects } from "../store/index.js";

/**
 * The next moving average over rounds, as a new object: ρ w̄ + (1 − ρ) w. The same inputs make the same object, to the
 * last bit.
 *
 * @throws DISK_FULL, DATA_FOLDER_DAMAGED; the signal's reason
 */
export async function smooth(input: {
  readonly average: ObjectRef;
  readonly model: ObjectRef;
  readonly decay: number;
  readonly objects: Objects;
  readonly signal: AbortSignal;
}): Promise<ObjectRef> {
  const { objects, decay, signal } = input;
  const before = await openValues(await objects.open(input.average.sha256, "now"));
  try {
    const model = await openValues(await objects.open(input.model.sha256, "now"));
    const writer = await objects.create();
    try {
      const { specs } = model.header;
      await writer.append(encodeHeader(specs, {}));
      const total = totalElements(specs);
      for (let offset = 0; offset < total; offset += CHUNK_VALUES) {
        signal.throwIfAborted();
        const length = Math.min(CHUNK_VALUES, total - offset);
        const next = movingAverage(await before.read(offset, length), await model.read(offset, length), decay);
        await writer.append(new Uint8Array(next.buffer, next.byteOffset, next.byteLength));
      }
      return await writer.commit();
    } finally {
      await writer.discard();
      await model.close();
    }
  } finally {
    await before.close();
  }
}

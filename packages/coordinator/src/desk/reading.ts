import type { SiteMessage } from "@fedace/ace-core/protocol";
import { Refusal } from "../identity/index.js";
import type { Objects } from "../store/index.js";
import { placeIn } from "./place.js";
import type { PlaceReader } from "./place.js";

/**
 * A part of the model that a round starts from; shorter than asked for at the end of the file.
 *
 * @throws Refusal RUN_UNKNOWN, ROUND_CLOSED; MESSAGE_MALFORMED for an offset behind the end
 */
export async function readModel(
  parts: { readonly reader: PlaceReader; readonly objects: Objects },
  site: string,
  { run: id, round, offset, length }: SiteMessage<"model.read">,
): Promise<Uint8Array> {
  const { run } = await placeIn(parts.reader, site, id);
  const { stage, hold } = run.state;
  const open = (stage.kind === "collecting" || stage.kind === "evaluating") && stage.round === round;
  if (!open || (hold !== null && hold.by !== "quorum")) throw new Refusal("ROUND_CLOSED");
  if (offset >= stage.model.bytes) throw new Refusal("MESSAGE_MALFORMED");
  const file = await parts.objects.open(stage.model.sha256, "once");
  try {
    const bytes = new Uint8Array(Math.min(length, stage.model.bytes - offset));
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

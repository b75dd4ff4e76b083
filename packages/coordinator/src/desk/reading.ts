import type { SiteMessage } from "@fedace/ace-core/protocol";
import { Refusal } from "../identity/index.js";
import { companions } from "../records/index.js";
import type { ModelRef, Run } from "../rounds/index.js";
import type { Objects, Sql } from "../store/index.js";
import { placeIn } from "./place.js";
import type { PlaceReader } from "./place.js";

/**
 * A part of the model that a round starts from, or of another one that the site's assignment names; shorter than asked for at the end of the file.
 *
 * @throws Refusal RUN_UNKNOWN, ROUND_CLOSED; MESSAGE_MALFORMED for an offset behind the end, or a model that is not named
 */
export async function readModel(
  parts: { readonly reader: PlaceReader; readonly database: Sql; readonly objects: Objects },
  site: string,
  { run: id, round, of, offset, length }: SiteMessage<"model.read">,
): Promise<Uint8Array> {
  const { run } = await placeIn(parts.reader, site, id);
  const { stage, hold } = run.state;
  const open = (stage.kind === "collecting" || stage.kind === "evaluating") && stage.round === round;
  if (!open || (hold !== null && hold.by !== "quorum")) throw new Refusal("ROUND_CLOSED");
  const model = of === undefined ? stage.model : await other(parts.database, run, site, of);
  if (model === undefined || offset >= model.bytes) throw new Refusal("MESSAGE_MALFORMED");
  const file = await parts.objects.open(model.sha256, "once");
  try {
    const bytes = new Uint8Array(Math.min(length, model.bytes - offset));
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function other(sql: Sql, run: Run, site: string, of: "previous" | "average"): Promise<ModelRef | undefined> {
  const { stage } = run.state;
  if (stage.kind !== "collecting" && stage.kind !== "evaluating") return undefined;
  const kind = stage.kind === "collecting" ? "train" : "evaluate";
  const { previous, average } = await companions(sql, run, site, { kind, round: stage.round });
  return of === "previous" ? previous?.model : average;
}

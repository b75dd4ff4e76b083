import { createHash } from "node:crypto";
import { assignmentSchema, LIMITS } from "@fedace/ace-core/protocol";
import type { Answer, Assignment, Manifest, SiteMessage } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import type { Socket } from "socket.io-client";
import { ask } from "./site.js";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A manifest of a site with these labels, which knows today's plans but none of the newer metrics. */
export function manifest(kind: "tissue" | "lesion", changes: Partial<Manifest> = {}): Manifest {
  const said = { software: "test", labels: { kind }, inputs: ["T1w", "FLAIR"], cases: 8, engine: "none" };
  return { ...said, understands: ["plan-2"], ...changes };
}

/** The next assignment on a connection; the signature is not checked here. */
export function nextAssignment(socket: Socket): Promise<Assignment> {
  return new Promise((resolve) => {
    socket.once("assignment", ({ jws }: { jws: string }) => {
      const [, payload = ""] = jws.split(".");
      resolve(assignmentSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))));
    });
  });
}

/** Reads the whole model of an assignment, as a site does. */
export async function download(socket: Socket, { run, round, model }: Assignment): Promise<Uint8Array> {
  const bytes = new Uint8Array(model.bytes);
  for (let offset = 0; offset < model.bytes;) {
    const answer = await ask(socket, "model.read", { run, round, offset, length: LIMITS.chunkBytes });
    if (!answer.ok) throw new Error(answer.rejection.code);
    bytes.set(answer.value.data, offset);
    offset += answer.value.data.byteLength;
  }
  return bytes;
}

/** The model with so many hundredths added to every value, as far as training goes: its average is known. */
export function trained(model: Uint8Array, hundredths: number): Uint8Array {
  const { weights } = decodeSafetensors(model);
  return encodeSafetensors({ specs: weights.specs, data: weights.data.map((value) => value + hundredths / 100) });
}

export function numbers(
  changes: Partial<SiteMessage<"update.begin">["numbers"]> = {},
): SiteMessage<"update.begin">["numbers"] {
  return { cases: 8, voxels: {}, steps: 1, loss: 1, lastLoss: 1, evaluation: null, seconds: 1, ...changes };
}

/** Uploads an update in chunks and returns the answer to its end, or the first refusal. */
export async function upload(
  socket: Socket,
  { run, round }: { readonly run: string; readonly round: number },
  update: Uint8Array,
  declared = numbers(),
  chunkBytes: number = LIMITS.chunkBytes,
): Promise<Answer<"update.end">> {
  const hash = sha256(update);
  const begun = await ask(socket, "update.begin", {
    run,
    round,
    sha256: hash,
    bytes: update.byteLength,
    numbers: declared,
  });
  if (!begun.ok) return begun;
  for (let { offset } = begun.value; offset < update.byteLength;) {
    const data = update.slice(offset, offset + chunkBytes);
    const answer = await ask(socket, "update.chunk", { run, round, offset, data });
    if (!answer.ok) return answer;
    ({ offset } = answer.value);
  }
  return ask(socket, "update.end", { run, round });
}

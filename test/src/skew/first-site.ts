import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { invitationSchema, LIMITS } from "@fedace/ace-core/protocol";
import type { Rejection } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import { z } from "zod";
import { connect, join } from "../bench/peers/site.js";
import type { Socket } from "socket.io-client";
import { FIRST_ANSWERS, firstAssignmentSchema, firstClosedSchema, FIRST_SITE_MESSAGES } from "./first-version.js";
import type { FirstAnswer, FirstAssignment, FirstMessageName } from "./first-version.js";
import { Bell } from "./waiting.js";

const acknowledgement = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({
    ok: z.literal(false),
    rejection: z.strictObject({ code: z.string(), offset: z.number().optional(), expected: z.number().optional() }),
  }),
]);

/** A site of version 0.1.0 at the end of a real socket: it says what that version said, and takes what that version took. */
export class FirstSite {
  readonly name: string;
  readonly #socket: Socket;
  readonly #assignments: FirstAssignment[] = [];
  readonly #complaints: string[] = [];
  readonly #bell = new Bell();

  private constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    socket.on("assignment", ({ jws }: { jws: string }) => {
      const [, payload = ""] = jws.split(".");
      const parsed = firstAssignmentSchema.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
      // That version wrote the reason into its log and did nothing else.
      if (parsed.success) this.#assignments.push(parsed.data);
      else this.#complaints.push(parsed.error.message);
      this.#bell.ring();
    });
    socket.on("round.closed", (closed: unknown) => {
      const parsed = firstClosedSchema.safeParse(closed);
      if (!parsed.success) this.#complaints.push(parsed.error.message);
    });
  }

  /** Joins by the invitation, connects and says what it has. */
  static async start(invitation: string, kind: "tissue" | "lesion", cases = 3): Promise<FirstSite> {
    const read = invitationSchema.parse(JSON.parse(readFileSync(invitation, "utf8")));
    const site = new FirstSite(read.site, await connect(await join(read)));
    const manifest = { software: "fedace-site/0.1.0", labels: { kind }, inputs: ["T1w", "FLAIR"], cases };
    await site.ask("manifest", { ...manifest, engine: "wasm (1 thread)" });
    return site;
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** The next assignment that it can read; fails at once where one comes that it cannot. */
  assigned(): Promise<FirstAssignment> {
    return this.#bell.until("an assignment", () => {
      const [complaint] = this.#complaints;
      if (complaint !== undefined) throw new Error(`a site of 0.1.0 cannot read its assignment: ${complaint}`);
      return this.#assignments.shift();
    });
  }

  /** Anything at all, and the answer, as it is. */
  async say(name: string, payload: unknown): Promise<z.output<typeof acknowledgement>> {
    return acknowledgement.parse(await this.#socket.timeout(LIMITS.ackTimeoutMs).emitWithAck(name, payload));
  }

  async ask<N extends FirstMessageName>(name: N, payload: object): Promise<FirstAnswer<N>> {
    const answer = await this.say(name, FIRST_SITE_MESSAGES[name].parse(payload));
    if (!answer.ok) throw new Error((answer.rejection as Rejection).code);
    return FIRST_ANSWERS[name].parse(answer.value) as FirstAnswer<N>;
  }

  /** Does what an assignment asks for: trains, which here moves every weight by `step`, or scores. */
  async work({ kind, run, round, model }: FirstAssignment, step: number): Promise<void> {
    const classes = this.name === "lesion" ? ["lesion"] : ["CSF", "GM", "WM"];
    const all = (value: number): Record<string, number> => Object.fromEntries(classes.map((name) => [name, value]));
    const evaluation = { cases: 1, dice: all(0.5) };
    const bytes = await this.#download(run, round, model.bytes);
    if (digest(bytes) !== model.sha256) throw new Error("the model is not that of the assignment");
    if (kind === "evaluate") {
      await this.ask("evaluation", { run, round, evaluation });
      return;
    }
    const { weights } = decodeSafetensors(bytes);
    const update = encodeSafetensors({ specs: weights.specs, data: weights.data.map((value) => value + step) });
    const numbers = { cases: 2, voxels: all(100), steps: 1, loss: 1, lastLoss: 1, evaluation, seconds: 1 };
    const begin = { run, round, sha256: digest(update), bytes: update.byteLength, numbers };
    const { offset } = await this.ask("update.begin", begin);
    await this.ask("update.chunk", { run, round, offset, data: update });
    await this.ask("update.end", { run, round });
  }

  async #download(run: string, round: number, bytes: number): Promise<Uint8Array> {
    const { data } = await this.ask("model.read", { run, round, offset: 0, length: bytes });
    return Uint8Array.from(data);
  }

  stop(): void {
    this.#socket.disconnect();
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

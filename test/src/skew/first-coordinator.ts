import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { generateSigningKey } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import type { Invitation } from "@fedace/ace-core/protocol";
import { encodeSafetensors } from "@fedace/ace-core/tensors";
import { Server } from "socket.io";
import { FIRST_SITE_MESSAGES, firstAssignmentSchema } from "./first-version.js";
import type { FirstAssignment, FirstMessageName, FirstPlan } from "./first-version.js";
import { Bell } from "./waiting.js";

/** A plan as 0.1.0 filled it in. */
export const FIRST_PLAN: FirstPlan = {
  name: "first",
  classes: ["background", "CSF", "GM", "WM"],
  inputs: ["T1w", "FLAIR"],
  spacing: [8, 8, 8],
  model: { preset: "tiny" },
  loss: "ace-dice",
  training: {
    patch: [8, 8, 8],
    batch: 1,
    steps: 2,
    optimizer: "sgd",
    momentum: 0.9,
    schedule: "constant",
    sampling: "by-class",
    augmentation: true,
    proximal: 0,
    clipNorm: 0,
    checkpointing: false,
    precision: "float32",
    holdout: 0.15,
  },
  aggregation: { strategy: "fedavg", weighting: "cases", head: "average" },
  rounds: 1,
  quorum: { sites: 1, perClass: 1, deadline: 60_000 },
  seed: 0,
};

/** One message of a site, as it was taken. */
interface Taken {
  readonly name: FirstMessageName;
  readonly payload: object;
}

/** A coordinator of version 0.1.0, as far as one site sees it: what it takes is checked by that version's strict schemas. */
export class FirstCoordinator {
  /** What it took, in order; uploads without their bytes. */
  readonly taken: Taken[] = [];
  /** Names of what it refused as malformed. */
  readonly refused: string[] = [];
  /** What the next connections are refused with. */
  refusal: object | undefined;
  readonly #key: SigningKey;
  readonly #io: Server;
  readonly #server: HttpServer;
  readonly #model: Uint8Array;
  #update: { readonly sha256: string; readonly bytes: number; parts: Buffer[] } | undefined;
  #site = "";
  readonly #bell = new Bell();

  private constructor(key: SigningKey) {
    this.#key = key;
    const spec = modelSpec({ preset: "tiny" }, FIRST_PLAN.inputs.length, FIRST_PLAN.classes.length);
    this.#model = encodeSafetensors(initialise(spec, 0));
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        this.#site = (JSON.parse(body) as { site: string }).site;
        response.end(JSON.stringify({ ok: true, value: { site: this.#site, time: Date.now() } }));
      });
    });
    this.#io = new Server(this.#server, { transports: ["websocket"], maxHttpBufferSize: 1024 * 1024 + 64 * 1024 });
    this.#io.use((_socket, next) => {
      next(this.refusal === undefined ? undefined : Object.assign(new Error("refused"), { data: this.refusal }));
    });
    this.#io.on("connection", (socket) => {
      socket.onAny((name: string, payload: unknown, acknowledge: (answer: object) => void) => {
        acknowledge(this.#answer(name, payload));
        this.#bell.ring();
      });
    });
  }

  static async start(t: TestContext): Promise<FirstCoordinator> {
    const { key } = await generateSigningKey();
    const coordinator = new FirstCoordinator(key);
    coordinator.#server.listen(0, "127.0.0.1");
    await once(coordinator.#server, "listening");
    t.after(() => coordinator.#io.close());
    return coordinator;
  }

  /** Writes an invitation for a site. */
  invite(site: string, file: string): string {
    const invitation: Invitation = {
      format: "fedace-invitation",
      version: 1,
      url: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      coordinator: { name: "first", key: this.#key.publicKey },
      tls: { mode: "system" },
      site,
      secret: "s".repeat(43),
      expires: new Date(Date.now() + 60_000).toISOString(),
    };
    writeFileSync(file, JSON.stringify(invitation));
    return file;
  }

  /** An assignment of its own, as its site would take it. */
  assignment(kind: "train" | "evaluate", round: number): FirstAssignment {
    const model = { sha256: digest(this.#model), bytes: this.#model.byteLength };
    const deadline = Date.now() + 60_000;
    return firstAssignmentSchema.parse({
      kind,
      site: this.#site,
      run: "first-1a2b",
      round,
      plan: FIRST_PLAN,
      model,
      deadline,
    });
  }

  /** Signs and sends what a site is to take for an assignment. */
  async assign(assignment: object): Promise<void> {
    this.say("assignment", { jws: await this.#key.sign(assignment) });
  }

  say(name: string, payload: object): void {
    this.#io.emit(name, payload);
  }

  /** The first message of this name that it took and that was not asked for before. */
  next(name: FirstMessageName): Promise<object> {
    return this.#bell.until(name, () => {
      const at = this.taken.findIndex((one) => one.name === name);
      return at < 0 ? undefined : this.taken.splice(at, 1)[0]?.payload;
    });
  }

  #answer(name: string, payload: unknown): object {
    const known = Object.hasOwn(FIRST_SITE_MESSAGES, name) ? (name as FirstMessageName) : undefined;
    const parsed = known === undefined ? undefined : FIRST_SITE_MESSAGES[known].safeParse(payload);
    if (known === undefined || parsed?.success !== true) {
      this.refused.push(name);
      return { ok: false, rejection: { code: "MESSAGE_MALFORMED" } };
    }
    const value = this.#value(known, parsed.data);
    this.taken.push({ name: known, payload: parsed.data });
    return { ok: true, value };
  }

  #value(name: FirstMessageName, message: Readonly<Record<string, unknown>>): object {
    switch (name) {
      case "manifest":
        return { site: this.#site, time: Date.now() };
      case "model.read": {
        const offset = Number(message["offset"]);
        return { data: Buffer.from(this.#model.subarray(offset, offset + Number(message["length"]))) };
      }
      case "update.begin":
        this.#update = { sha256: String(message["sha256"]), bytes: Number(message["bytes"]), parts: [] };
        return { offset: 0 };
      case "update.chunk": {
        this.#update?.parts.push(message["data"] as Buffer);
        return { offset: this.#update?.parts.reduce((sum, part) => sum + part.byteLength, 0) ?? 0 };
      }
      case "update.end":
        if (digest(Buffer.concat(this.#update?.parts ?? [])) !== this.#update?.sha256) throw new Error("damaged");
        return { counted: true };
      case "progress":
      case "evaluation":
      case "decline":
        return {};
    }
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

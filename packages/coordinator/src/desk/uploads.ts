import { tensorSpecs } from "@fedace/ace-core/model/architecture";
import type { SiteMessage } from "@fedace/ace-core/protocol";
import type { RunDriver } from "../conductor/index.js";
import { Refusal } from "../identity/index.js";
import { findUpload, markCounted, saveEvaluation, saveUpload } from "../records/index.js";
import type { NewUpload } from "../records/index.js";
import { networkOf } from "../rounds/index.js";
import { admit, expectedBytes } from "../spool/index.js";
import type { Spool } from "../spool/index.js";
import { isDiskFull } from "../store/index.js";
import type { Database, Objects } from "../store/index.js";
import { numbersProblem } from "./numbers.js";
import { placeIn, takesUpdates } from "./place.js";
import type { Place } from "./place.js";

export interface UploadParts {
  readonly database: Database;
  readonly objects: Objects;
  readonly spool: Spool;
  readonly driver: RunDriver;
  readonly now: () => number;
}

/** The uploads of one connection. What it has begun it remembers; what has arrived is on the disk. */
export class UploadDesk {
  readonly #parts: UploadParts;
  readonly #site: string;
  #begun: NewUpload | undefined;

  constructor(parts: UploadParts, site: string) {
    this.#parts = parts;
    this.#site = site;
  }

  /** Begins, or goes on with, the upload of an update. Returns the offset to go on from. */
  async begin(message: SiteMessage<"update.begin">): Promise<number> {
    const { database, spool, now } = this.#parts;
    const { run, round, sha256, bytes, numbers } = message;
    const place = await placeIn(database, this.#site, run);
    const before = await findUpload(database, run, round, this.#site);
    if (before !== undefined && before.countedAt !== null) throw new Refusal("UPDATE_DUPLICATE");
    if (!takesUpdates(place.run, round)) throw new Refusal("ROUND_CLOSED");
    checkAnnouncement(place, message);
    const upload = { run, round, site: this.#site, sha256, bytes, numbers };
    if (before !== undefined && before.sha256 !== sha256) await spool.remove(upload);
    if (
      before === undefined ||
      JSON.stringify(before.numbers) !== JSON.stringify(numbers) ||
      before.sha256 !== sha256
    ) {
      await database.transaction((sql) => saveUpload(sql, upload, now()));
    }
    const size = await spool.size(upload);
    if (size > bytes) await spool.remove(upload);
    this.#begun = upload;
    return size > bytes ? 0 : size;
  }

  /** Appends a chunk. Returns the offset after it. */
  async chunk({ run, round, offset, data }: SiteMessage<"update.chunk">): Promise<number> {
    const upload = this.#current(run, round);
    if (offset + data.byteLength > upload.bytes) throw new Refusal("UPDATE_TOO_LARGE");
    const { written, size } = await this.#append(upload, offset, data);
    if (!written) throw new Refusal("UPDATE_OFFSET", { offset: size });
    return size;
  }

  /** Verifies, admits and counts. Counted already is counted: the answer may have been lost. */
  async end({ run, round }: SiteMessage<"update.end">): Promise<void> {
    const { database, spool } = this.#parts;
    const known = await findUpload(database, run, round, this.#site);
    if (known !== undefined && known.countedAt !== null) return;
    const upload = this.#current(run, round);
    const size = await spool.size(upload);
    if (size !== upload.bytes) throw new Refusal("UPDATE_OFFSET", { offset: size });
    const place = await placeIn(database, this.#site, run);
    const { stage } = place.run.state;
    if (!takesUpdates(place.run, round) || stage.kind !== "collecting") throw new Refusal("ROUND_CLOSED");
    await spool.sync(upload);
    try {
      const specs = tensorSpecs(networkOf(place.plan));
      await admit(spool.path(upload), upload.sha256, specs, await this.#parts.objects.open(stage.model.sha256));
    } catch (error) {
      if (error instanceof Refusal) await spool.remove(upload);
      throw error;
    }
    await this.#count(upload, place);
    this.#begun = undefined;
  }

  /** Everything that makes the update count is one commit. */
  async #count(upload: NewUpload, { participant }: Place): Promise<void> {
    const { run, round, site, sha256, bytes, numbers } = upload;
    const { labels } = participant.standing;
    const { cases, voxels, evaluation } = numbers;
    const update = { site, sha256, bytes, cases, voxels, labels };
    await this.#parts.driver.apply(run, { type: "counted", round, update }, async (sql, applied) => {
      // Judged by the state before the event: this very update may have closed the round.
      if (!takesUpdates(applied.run, round)) throw new Refusal("ROUND_CLOSED");
      if (!applied.context.roster.some((one) => one.site === site)) throw new Refusal("SITE_REVOKED");
      await markCounted(sql, upload, labels, this.#parts.now());
      if (evaluation !== null) await saveEvaluation(sql, run, round, site, evaluation);
    });
  }

  #current(run: string, round: number): NewUpload {
    const upload = this.#begun;
    if (upload?.run !== run || upload.round !== round) throw new Refusal("UPDATE_UNKNOWN");
    return upload;
  }

  async #append(upload: NewUpload, offset: number, data: Uint8Array): ReturnType<Spool["append"]> {
    const { spool } = this.#parts;
    try {
      return await spool.append(upload, offset, data);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      // The round has been closed and its folder removed.
      if (code === "ENOENT") throw new Refusal("UPDATE_UNKNOWN");
      if (isDiskFull(error)) throw new Refusal("COORDINATOR_BUSY", {}, "the disk is full");
      throw error;
    }
  }
}

function checkAnnouncement(place: Place, { bytes, numbers }: SiteMessage<"update.begin">): void {
  const { least, most } = expectedBytes(tensorSpecs(networkOf(place.plan)));
  if (bytes > most) throw new Refusal("UPDATE_TOO_LARGE");
  if (bytes <= least) throw new Refusal("UPDATE_LAYOUT", {}, `${bytes} bytes`);
  const problem = numbersProblem(numbers, place);
  if (problem !== undefined) throw new Refusal("UPDATE_NUMBERS", {}, problem);
}

import { networkOf, tensorSpecs } from "@fedace/ace-core/model/architecture";
import type { SiteMessage } from "@fedace/ace-core/protocol";
import type { RunDriver } from "../conductor/index.js";
import { Refusal } from "../identity/index.js";
import { countedNorms, findUpload, markCounted, requireRun, saveEvaluation, saveUpload } from "../records/index.js";
import type { NewUpload } from "../records/index.js";
import { largestChange, PAST_ROUNDS } from "../rounds/index.js";
import { admit, expectedBytes } from "../spool/index.js";
import type { Spool } from "../spool/index.js";
import { isDiskFull } from "../store/index.js";
import type { Database, Objects } from "../store/index.js";
import type { Lines } from "./lines.js";
import { numbersProblem } from "./numbers.js";
import { placeIn, takesUpdates } from "./place.js";
import type { Place, PlaceReader } from "./place.js";

interface UploadParts {
  readonly database: Database;
  readonly reader: PlaceReader;
  readonly objects: Objects;
  readonly spool: Spool;
  readonly driver: RunDriver;
  readonly now: () => number;
  /** Messages of uploads follow one another per site, over all its connections. */
  readonly lines: Lines;
}

/** The uploads of one connection. What it has begun it remembers; what has arrived is on the disk. */
export class UploadDesk {
  readonly #parts: UploadParts;
  readonly #site: string;
  /** Whether this connection is the site's newest: an older one cannot make anything count any more. */
  readonly #isCurrent: () => boolean;
  #begun: NewUpload | undefined;

  constructor(parts: UploadParts, site: string, isCurrent: () => boolean) {
    this.#parts = parts;
    this.#site = site;
    this.#isCurrent = isCurrent;
  }

  /** Begins, or goes on with, the upload of an update. Returns the offset to go on from. */
  begin(message: SiteMessage<"update.begin">): Promise<number> {
    return this.#inLine(async () => {
      const { database, reader, spool, now } = this.#parts;
      const { run, round, sha256, bytes, numbers } = message;
      const place = await placeIn(reader, this.#site, run);
      const upload = { run, round, site: this.#site, sha256, bytes, numbers };
      await this.#refuseCounted(upload);
      if (!takesUpdates(place.run, round)) throw new Refusal("ROUND_CLOSED");
      checkAnnouncement(place, message);
      // In one transaction with the state: once the round has closed, no folder of it is made again.
      const offset = await database.transaction(async (sql) => {
        if (!takesUpdates(await requireRun(sql, run), round)) throw new Refusal("ROUND_CLOSED");
        const before = await findUpload(sql, run, round, this.#site);
        const same = before?.sha256 === sha256 && before.bytes === bytes;
        if (!same || JSON.stringify(before.numbers) !== JSON.stringify(numbers)) await saveUpload(sql, upload, now());
        return this.#orBusy(() => spool.begin(upload, sha256, bytes, same));
      });
      this.#begun = upload;
      return offset;
    });
  }

  /** Appends a chunk. Returns the offset after it. */
  chunk({ run, round, offset, data }: SiteMessage<"update.chunk">): Promise<number> {
    return this.#inLine(async () => {
      const upload = await this.#current(run, round);
      if (offset + data.byteLength > upload.bytes) throw new Refusal("UPDATE_TOO_LARGE");
      const appended = await this.#orBusy(() => this.#parts.spool.append(upload, offset, data));
      // The round has been closed and its folder removed.
      if (appended === undefined) throw new Refusal("UPDATE_UNKNOWN");
      if (!appended.written) throw new Refusal("UPDATE_OFFSET", { offset: appended.size });
      return appended.size;
    });
  }

  /** Verifies, admits and counts. Counted already is counted: the answer may have been lost. */
  end({ run, round }: SiteMessage<"update.end">): Promise<void> {
    return this.#inLine(async () => {
      const { database, reader, spool } = this.#parts;
      const known = await findUpload(database, run, round, this.#site);
      if (known !== undefined && known.countedAt !== null) return;
      const upload = await this.#current(run, round);
      const place = await placeIn(reader, this.#site, run);
      if (!takesUpdates(place.run, round)) throw new Refusal("ROUND_CLOSED");
      const size = await this.#orBusy(() => spool.seal(upload, upload.sha256, upload.bytes));
      if (size !== upload.bytes) throw new Refusal("UPDATE_OFFSET", { offset: size });
      try {
        await this.#count(upload, place, await this.#verify(upload, place));
      } catch (error) {
        // A newer connection of the site may go on with the very same bytes; everything else that is refused is over.
        const over = error instanceof Refusal && error.rejection.code !== "SITE_CONNECTED_ELSEWHERE";
        if (over) await spool.remove(upload, upload.sha256);
        throw error;
      }
      this.#begun = undefined;
    });
  }

  /** @returns L2 norm of the change. */
  async #verify(upload: NewUpload, { plan, run }: Place): Promise<number> {
    const { database, objects, spool } = this.#parts;
    const { stage } = run.state;
    if (stage.kind !== "collecting") throw new Refusal("ROUND_CLOSED");
    const specs = tensorSpecs(networkOf(plan));
    const past = await countedNorms(database, upload.run, upload.round - PAST_ROUNDS, upload.round);
    const model = await objects.open(stage.model.sha256, "once");
    const largest = (modelNorm: number): number => largestChange(modelNorm, past);
    return admit(spool.path(upload, upload.sha256), upload.sha256, specs, model, largest);
  }

  /** Everything that makes the update count is one commit. */
  async #count(upload: NewUpload, { participant }: Place, norm: number): Promise<void> {
    const { run, round, site, sha256, bytes, numbers } = upload;
    const { labels } = participant.standing;
    const { cases, voxels, evaluation } = numbers;
    const update = { site, sha256, bytes, cases, voxels, labels };
    await this.#parts.driver.apply(run, { type: "counted", round, update }, async (sql, applied) => {
      if (!this.#isCurrent()) throw new Refusal("SITE_CONNECTED_ELSEWHERE");
      // Judged by the state before the event: this very update may have closed the round.
      if (!takesUpdates(applied.run, round)) throw new Refusal("ROUND_CLOSED");
      if (!applied.context.roster.some((one) => one.site === site)) throw new Refusal("SITE_REVOKED");
      if (!isSame(await findUpload(sql, run, round, site), upload)) throw new Refusal("UPDATE_UNKNOWN");
      await markCounted(sql, upload, labels, norm, this.#parts.now());
      if (evaluation !== null) await saveEvaluation(sql, run, round, site, evaluation);
    });
  }

  /** What this connection has begun, if that is still what the site uploads. */
  async #current(run: string, round: number): Promise<NewUpload> {
    const upload = this.#begun;
    if (upload?.run !== run || upload.round !== round) throw new Refusal("UPDATE_UNKNOWN");
    const known = await this.#refuseCounted(upload);
    if (!isSame(known, upload)) throw new Refusal("UPDATE_UNKNOWN");
    return upload;
  }

  async #refuseCounted({ run, round }: NewUpload): ReturnType<typeof findUpload> {
    const known = await findUpload(this.#parts.database, run, round, this.#site);
    if (known !== undefined && known.countedAt !== null) throw new Refusal("UPDATE_DUPLICATE");
    return known;
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts.lines.run(this.#site, work);
  }

  async #orBusy<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isDiskFull(error)) throw new Refusal("COORDINATOR_BUSY", {}, "the disk is full");
      throw error;
    }
  }
}

function isSame(known: NewUpload | undefined, upload: NewUpload): boolean {
  return known?.sha256 === upload.sha256 && known.bytes === upload.bytes;
}

function checkAnnouncement(place: Place, { bytes, numbers }: SiteMessage<"update.begin">): void {
  const { least, most } = expectedBytes(tensorSpecs(networkOf(place.plan)));
  if (bytes > most) throw new Refusal("UPDATE_TOO_LARGE");
  if (bytes <= least) throw new Refusal("UPDATE_LAYOUT", {}, `${bytes} bytes`);
  const problem = numbersProblem(numbers, place);
  if (problem !== undefined) throw new Refusal("UPDATE_NUMBERS", {}, problem);
}

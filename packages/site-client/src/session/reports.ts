import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { duration } from "@fedace/ace-core/host";
import type { SiteMessage } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import type { Outbound } from "../outbound/index.js";
import type { WorkProgress } from "../training/index.js";
import { title } from "./narrate.js";

/** Between two progress messages to the coordinator, and between two such lines on the console, milliseconds. */
const REPORT_EVERY_MS = 2000;
const SAY_EVERY_MS = 10_000;

interface ReportParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Pick<Outbound, "progress">;
}

/** Tells people how far the work is: on the console, and through the coordinator its operator. */
export class Reports {
  readonly #parts: ReportParts;
  /** Whether the coordinator can be told. */
  readonly #isUp: () => boolean;
  #reported = -Infinity;
  #said = -Infinity;

  constructor(parts: ReportParts, isUp: () => boolean) {
    this.#parts = parts;
    this.#isUp = isUp;
  }

  /** Something new begins: the coordinator hears of it at once, the console only if it takes long. */
  begin(): void {
    this.#reported = -Infinity;
    this.#said = this.#parts.clock.now();
  }

  /** Of training: both. */
  working(assignment: VerifiedAssignment, { phase, done, total, secondsLeft, loss }: WorkProgress): void {
    this.progress(assignment, { phase, done: Math.floor(done), total: Math.ceil(total), secondsLeft });
    const now = this.#parts.clock.now();
    if (now - this.#said < SAY_EVERY_MS) return;
    this.#said = now;
    const what = { preparing: "reading case", evaluating: "scoring held-back case", training: "training step" }[phase];
    const parts = [`${title(assignment)}: ${what} ${Math.floor(done)} of ${total}`];
    if (loss !== null) parts.push(`loss ${loss.toFixed(3)}`);
    if (secondsLeft !== null) parts.push(`${duration(1000 * secondsLeft)} left`);
    this.#parts.logger.info(parts.join(", "));
  }

  /** Tells the coordinator where the site stands, now and then; it may get lost. */
  progress({ run, round }: VerifiedAssignment, progress: Omit<SiteMessage<"progress">, "run" | "round">): void {
    const now = this.#parts.clock.now();
    if (!this.#isUp() || now - this.#reported < REPORT_EVERY_MS) return;
    this.#reported = now;
    this.#parts.outbound.progress({ run, round, ...progress }).catch((error: unknown) => {
      const code = isFedaceError(error) ? error.code : "SITE_INTERNAL";
      this.#parts.logger.debug("a progress message was not taken", { code });
    });
  }
}

import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Evaluation, Manifest, SiteAnswer, SiteMessage } from "@fedace/ace-core/protocol";
import type { Ledger, LedgerKind } from "../ledger/index.js";
import type { SealedLine } from "../transport/index.js";
import { openExchange } from "./exchange.js";
import { givenFigures, givenNumbers } from "./figures.js";
import { upload } from "./upload.js";
import type { OutgoingUpdate, Pace } from "./upload.js";
import { Vocabulary } from "./vocabulary.js";

/**
 * Everything that a site can say to its coordinator, and the only way to say it. Numbers and weights are written into
 * the ledger before the first of their bytes leaves.
 */
export interface Outbound {
  /** Adds the words of an assignment (run, classes) and of the site's configuration to those that may be sent. */
  allow(words: Iterable<string>): void;
  manifest(manifest: Manifest): Promise<SiteAnswer<"manifest">>;
  progress(progress: SiteMessage<"progress">): Promise<void>;
  readModel(request: SiteMessage<"model.read">): Promise<Uint8Array>;
  /** Uploads an update, going on where an earlier attempt stopped, until it is counted or found to be so already. */
  update(update: OutgoingUpdate, onProgress: (done: number) => void, signal: AbortSignal): Promise<void>;
  evaluation(evaluation: SiteMessage<"evaluation">): Promise<void>;
  decline(decline: SiteMessage<"decline">): Promise<void>;
  /** Says that this site leaves for good; an older coordinator answers MESSAGE_MALFORMED. */
  leave(): Promise<void>;
}

interface OutboundParts {
  readonly line: SealedLine;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Figures over fewer cases than this stay at the site. Default 1: all go out. */
  readonly minimumCases?: number;
}

/**
 * @throws from every method: OUTBOUND_REFUSED, CONNECTION_LOST, COORDINATOR_ANSWER, or the code of a refusal
 */
export function createOutbound({ line, ledger, clock, minimumCases = 1 }: OutboundParts): Outbound {
  const vocabulary = new Vocabulary();
  const exchange = openExchange(line, vocabulary, clock);
  const pace: Pace = { chunkBytes: LIMITS.chunkBytes };
  /** The same words may go out again at a reconnect; the ledger shows them once. */
  const record = async (kind: LedgerKind, what: Readonly<Record<string, unknown>>): Promise<void> => {
    const text = JSON.stringify(what);
    if (ledger.last(kind, (before) => JSON.stringify(before) === text) !== undefined) return;
    await ledger.append(kind, what);
  };
  /** Whether another update of the same round went out as well: it may be the one that was counted. */
  const sentAnother = ({ run, round, sha256 }: OutgoingUpdate): boolean =>
    ledger.last("update", (what) => what["run"] === run && what["round"] === round && what["sha256"] !== sha256) !==
    undefined;
  /** How much of what came after the first version the coordinator can read in a manifest: all, until it refuses. */
  let known = 0;
  /** What of an evaluation beside Dice the coordinator has said it takes. */
  let taken: readonly string[] = [];
  const given = (evaluation: Evaluation): Evaluation => givenFigures(evaluation, taken, minimumCases);
  const introduce = async (manifest: Manifest): Promise<SiteAnswer<"manifest">> => {
    // Unlike the others it may change and change back: compared with the last one only.
    if (JSON.stringify(ledger.last("manifest")?.what) !== JSON.stringify(manifest))
      await ledger.append("manifest", manifest);
    return exchange("manifest", manifest);
  };
  return {
    allow: (words) => {
      vocabulary.allow(words);
    },
    manifest: async (whole) => {
      const forms = formsOf(whole);
      for (;;) {
        const form = Math.min(known, forms.length - 1);
        try {
          const welcome = await introduce(forms[form] ?? whole);
          taken = welcome.metrics ?? [];
          return welcome;
        } catch (error) {
          if (form === forms.length - 1 || !isFedaceError(error, "MESSAGE_MALFORMED")) throw error;
          known = form + 1;
        }
      }
    },
    progress: async (progress) => {
      await exchange("progress", progress);
    },
    readModel: async (request) => (await exchange("model.read", request)).data,
    update: async (whole, onProgress, signal) => {
      const numbers = givenNumbers(whole.numbers, taken, minimumCases);
      const update = { ...whole, numbers };
      const { run, round, bytes, sha256, says } = update;
      await record("update", { run, round, bytes, sha256, numbers, ...says });
      try {
        await upload(update, { exchange, pace, onProgress, signal });
      } catch (error) {
        if (!isFedaceError(error, "UPDATE_DUPLICATE") || sentAnother(update)) throw error;
        // Counted before: the answer was lost, or the process that got it.
      }
      await record("counted", { run, round, sha256 });
    },
    evaluation: async (whole) => {
      const evaluation = { ...whole, evaluation: given(whole.evaluation) };
      await record("evaluation", evaluation);
      await exchange("evaluation", evaluation);
    },
    decline: async (decline) => {
      await record("decline", decline);
      await exchange("decline", decline);
    },
    leave: async () => {
      await ledger.append("leave", {});
      await exchange("leave", {});
    },
  };
}

/** A manifest in all its forms, the newest first: a coordinator refuses what came after it. */
function formsOf(whole: Manifest): Manifest[] {
  const { software, labels, inputs, cases, combinations, engine } = whole;
  const first = { software, labels, inputs, cases, engine };
  const forms: Manifest[] = [whole];
  if (whole.understands !== undefined && combinations !== undefined) forms.push({ ...first, combinations });
  if (whole.understands !== undefined || combinations !== undefined) forms.push(first);
  return forms;
}

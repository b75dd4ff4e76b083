import type { Clock } from "@fedace/ace-core/foundation";
import { answerSchemas, LIMITS } from "@fedace/ace-core/protocol";
import type { SiteAnswer, SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { openLine, rejectionError } from "../transport/index.js";
import type { SealedLine } from "../transport/index.js";
import { emit } from "./emit.js";
import { admit } from "./policy.js";
import { readAcknowledgement } from "./acknowledgement.js";
import type { Vocabulary } from "./vocabulary.js";

/** How long the check of a whole update may take at the coordinator, milliseconds: 4 GiB from a slow disk. */
const VERIFY_TIMEOUT_MS = 600_000;

/** Sends one message past the policy and reads its answer. */
export type Exchange = <N extends SiteMessageName>(name: N, payload: SiteMessage<N>) => Promise<SiteAnswer<N>>;

/**
 * The one place that opens the transport's line.
 *
 * @throws from the exchange: OUTBOUND_REFUSED, CONNECTION_LOST, COORDINATOR_ANSWER, or the code of a refusal
 */
export function openExchange(sealed: SealedLine, vocabulary: Vocabulary, clock: Clock): Exchange {
  const line = openLine(sealed);
  return async (name, payload) => {
    const timeoutMs = name === "update.end" ? VERIFY_TIMEOUT_MS : LIMITS.ackTimeoutMs;
    const answer = readAcknowledgement(await emit(line, name, admit(name, payload, vocabulary), timeoutMs));
    if (answer === undefined) throw malformed(name);
    if (!answer.ok) throw rejectionError(answer.rejection, clock.now());
    const value = answerSchemas[name].safeParse(answer.value);
    if (!value.success) throw malformed(name);
    return value.data as SiteAnswer<typeof name>;
  };
}

function malformed(name: string): Error {
  return siteError("COORDINATOR_ANSWER", `The coordinator's answer to ${name} is not as the protocol says.`);
}

import type { Clock } from "@fedace/ace-core/foundation";
import { thumbprint } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { joinAnswerSchema, joinProofSchema, joinRequestSchema, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { checkAddress } from "../identity/index.js";
import { networkFailure, placeOf } from "./failures.js";
import { postJson } from "./http.js";
import type { HttpAnswer } from "./http.js";
import { tunnelTo } from "./proxy.js";
import type { ProxySetting } from "./proxy.js";
import { clockError, isClockOff, rejectionError } from "./rejections.js";
import { coordinatorAgent } from "./tls.js";

/** How long joining may take, milliseconds. */
const JOIN_TIMEOUT_MS = 20_000;

/**
 * Trades an invitation's secret for the registration of the site's public key.
 *
 * @throws COORDINATOR_…, PROXY_…, CLOCK_OFF, or the code of the coordinator's refusal
 */
export async function requestJoin(
  invitation: Invitation,
  key: SigningKey,
  clock: Clock,
  proxy?: ProxySetting,
): Promise<void> {
  const address = checkAddress(invitation.url);
  const tunnel = tunnelTo(address, proxy);
  const now = clock.now();
  const proof = await key.sign(
    joinProofSchema.parse({
      aud: await thumbprint(invitation.coordinator.key),
      sub: invitation.site,
      iat: Math.floor(now / 1000),
    }),
  );
  const request = joinRequestSchema.parse({
    protocol: PROTOCOL_VERSION,
    site: invitation.site,
    secret: invitation.secret,
    key: key.publicKey,
    proof,
  });
  const agent = coordinatorAgent(address, invitation.tls, tunnel);
  let answer: HttpAnswer;
  try {
    answer = await postJson(address, "/v1/join", request, agent, JOIN_TIMEOUT_MS);
  } catch (error) {
    throw await networkFailure(error, address, invitation.tls, tunnel);
  } finally {
    agent.destroy();
  }
  readAnswer(answer, invitation, placeOf(address), now);
}

function readAnswer(answer: HttpAnswer, invitation: Invitation, place: string, now: number): void {
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch {
    value = undefined;
  }
  const parsed = joinAnswerSchema.safeParse(value);
  if (!parsed.success) {
    const what = `What answers at ${place} (HTTP status ${answer.status})`;
    throw siteError("COORDINATOR_FOREIGN", `${what} is not a FedACE coordinator, or one of another version.`);
  }
  if (!parsed.data.ok) {
    const { code } = parsed.data.rejection;
    if (code === "CLOCK_SKEW" && parsed.data.rejection.expected === undefined && isClockOff(now, answer.date))
      throw clockError(now, answer.date);
    throw rejectionError(parsed.data.rejection, now);
  }
  if (parsed.data.value.site !== invitation.site) {
    throw siteError(
      "COORDINATOR_ANSWER",
      `The coordinator registered ${parsed.data.value.site}, not ${invitation.site}.`,
    );
  }
}

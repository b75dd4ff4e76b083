/** A site that speaks the protocol by hand: the benchmark measures the server, not our site client. */
import { randomUUID } from "node:crypto";
import { request } from "node:https";
import { generateSigningKey, parseSigningKey, thumbprint } from "@fedace/ace-core/host";
import { invitationSchema, LIMITS, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { Answer, Invitation, Manifest, SiteMessageName } from "@fedace/ace-core/protocol";
import { io } from "socket.io-client";
import type { Socket } from "socket.io-client";
import { z } from "zod";

/** What a site knows, as plain values that another process can be handed. */
export const identitySchema = z.strictObject({ invitation: invitationSchema, secret: z.string() });
export type SiteIdentity = z.output<typeof identitySchema>;

/** Makes a key and trades the invitation for its registration. */
export async function join(invitation: Invitation): Promise<SiteIdentity> {
  const { key, secret } = await generateSigningKey();
  const aud = await thumbprint(invitation.coordinator.key);
  const proof = await key.sign({ aud, sub: invitation.site, iat: Math.floor(Date.now() / 1000) });
  const body = {
    protocol: PROTOCOL_VERSION,
    site: invitation.site,
    secret: invitation.secret,
    key: key.publicKey,
    proof,
  };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(
      new URL("/v1/join", invitation.url),
      { method: "POST", agent: false, ...trust(invitation) },
      (response) => {
        response.resume().on("end", () => {
          resolve(response.statusCode);
        });
      },
    );
    outgoing.on("error", reject).end(JSON.stringify(body));
  });
  if (status !== 200) throw new Error(`${invitation.site} could not join: ${status}`);
  return { invitation, secret };
}

function trust({ tls }: Invitation): { readonly ca?: string } {
  return tls.mode === "pinned" ? { ca: tls.certificate } : {};
}

/** A token that is good for any one connection, for a minute. */
export async function token({ invitation, secret }: SiteIdentity): Promise<string> {
  const key = await parseSigningKey(secret);
  const iat = Math.floor(Date.now() / 1000);
  const aud = await thumbprint(invitation.coordinator.key);
  return key.sign({ sub: invitation.site, aud, iat, exp: iat + LIMITS.tokenLifetimeSeconds, jti: randomUUID() });
}

/**
 * Opens a connection; rejects where it is refused or ended before.
 *
 * @param from address of this machine to come from. Default: the system's choice
 */
export async function connect(site: SiteIdentity, from?: string): Promise<Socket> {
  const { invitation } = site;
  const socket = io(invitation.url, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    auth: { protocol: PROTOCOL_VERSION, token: await token(site) },
    ...trust(invitation),
    ...(from === undefined ? {} : { localAddress: from }),
  });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("connect_error", (error) => {
      socket.disconnect();
      reject(error);
    });
  });
}

export async function ask<N extends SiteMessageName>(socket: Socket, name: N, payload: unknown): Promise<Answer<N>> {
  return (await socket.timeout(LIMITS.ackTimeoutMs).emitWithAck(name, payload)) as Answer<N>;
}

/** What the sites of the benchmark say of themselves. */
export function manifest(kind: "tissue" | "lesion", cases = 8): Manifest {
  return { software: "bench", labels: { kind }, inputs: ["T1w", "FLAIR"], cases, engine: "none" };
}

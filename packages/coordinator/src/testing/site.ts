import { randomUUID } from "node:crypto";
import { request } from "node:https";
import { joinAnswerSchema, LIMITS, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { Answer, Invitation, JoinAnswer, PublicKey, SiteMessageName } from "@fedace/ace-core/protocol";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import type { CryptoKey } from "jose";
import { io } from "socket.io-client";
import type { Socket } from "socket.io-client";

/** A site of the tests: speaks the protocol by hand, so that it can also break it. */
export class TestSite {
  readonly name: string;
  readonly invitation: Invitation;
  readonly publicKey: PublicKey;
  readonly #key: CryptoKey;
  readonly #audience: string;

  private constructor(invitation: Invitation, publicKey: PublicKey, key: CryptoKey, audience: string) {
    this.name = invitation.site;
    this.invitation = invitation;
    this.publicKey = publicKey;
    this.#key = key;
    this.#audience = audience;
  }

  static async create(invitation: Invitation): Promise<TestSite> {
    const pair = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const { x } = await exportJWK(pair.publicKey);
    const audience = await calculateJwkThumbprint(invitation.coordinator.key);
    return new TestSite(invitation, { kty: "OKP", crv: "Ed25519", x: x ?? "" }, pair.privateKey, audience);
  }

  sign(claims: object): Promise<string> {
    return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: "EdDSA" })
      .sign(this.#key);
  }

  /** A good token; `changes` make it a bad one. Times are seconds. */
  token(now: number, changes: object = {}): Promise<string> {
    const iat = Math.floor(now / 1000);
    const lifetime = { iat, exp: iat + LIMITS.tokenLifetimeSeconds };
    return this.sign({ sub: this.name, aud: this.#audience, ...lifetime, jti: randomUUID(), ...changes });
  }

  async joinBody(now: number, changes: object = {}, proof: object = {}): Promise<object> {
    return {
      protocol: PROTOCOL_VERSION,
      site: this.name,
      secret: this.invitation.secret,
      key: this.publicKey,
      proof: await this.sign({ aud: this.#audience, sub: this.name, iat: Math.floor(now / 1000), ...proof }),
      ...changes,
    };
  }

  async join(now: number, changes: object = {}, proof: object = {}): Promise<JoinAnswer> {
    const { body } = await post(this.invitation, JSON.stringify(await this.joinBody(now, changes, proof)));
    return joinAnswerSchema.parse(JSON.parse(body));
  }

  /** Resolves with the connected socket, or rejects with the connect_error, whose `data` is the rejection. */
  async connect(now: number, auth: object = {}): Promise<Socket> {
    return connectWith(this.invitation, { protocol: PROTOCOL_VERSION, token: await this.token(now), ...auth });
  }
}

/** The rejection that a connection attempt ends with. */
export async function rejectionOf(connecting: Promise<Socket>): Promise<unknown> {
  try {
    (await connecting).disconnect();
    return undefined;
  } catch (error) {
    return (error as { data?: unknown }).data;
  }
}

export function connectWith(invitation: Invitation, auth: object): Promise<Socket> {
  const ca = invitation.tls.mode === "pinned" ? { ca: invitation.tls.certificate } : {};
  const socket = io(invitation.url, { transports: ["websocket"], forceNew: true, reconnection: false, auth, ...ca });
  return new Promise((resolve, reject) => {
    socket.on("connect", () => {
      resolve(socket);
    });
    socket.on("connect_error", (error) => {
      socket.disconnect();
      reject(error);
    });
  });
}

/** Sends a message and waits for its answer. */
export async function ask<N extends SiteMessageName>(socket: Socket, name: N, payload: unknown): Promise<Answer<N>> {
  return (await socket.timeout(LIMITS.ackTimeoutMs).emitWithAck(name, payload)) as Answer<N>;
}

export function post(
  invitation: Invitation,
  body: string,
  path = "/v1/join",
  method = "POST",
): Promise<{ readonly status: number; readonly body: string }> {
  const ca = invitation.tls.mode === "pinned" ? { ca: invitation.tls.certificate } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, invitation.url), { method, ...ca, agent: false }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => (text += part.toString()));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Resolves with the payload of the next event of this name. */
export function nextEvent(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once(name, resolve);
  });
}

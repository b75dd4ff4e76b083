import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AgentOptions } from "node:https";
import { connect } from "node:tls";
import type { PeerCertificate } from "node:tls";
import type { Invitation } from "@fedace/ace-core/protocol";
import type { Address } from "@fedace/ace-core/host";
import { TunnelAgent } from "./proxy.js";
import type { Tunnel } from "./proxy.js";

/** How the coordinator's certificate is recognised: the `tls` part of an invitation. */
export type Trust = Invitation["tls"];

/** `code` of the error for a certificate that is not the pinned one. */
export const FINGERPRINT_DIFFERS = "FEDACE_FINGERPRINT_DIFFERS";

/** SHA-256 of a certificate as the invitation writes it: 64 lower-case hex digits. */
function fingerprintOf(certificate: PeerCertificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

/**
 * The agent of all connections to the coordinator. With a pinned certificate the fingerprint takes the place of the
 * host name: a coordinator may be reached under any name, but only with this certificate. Sessions are not cached,
 * so that every connection shows its certificate.
 */
export function coordinatorAgent(address: Address, trust: Trust, tunnel: Tunnel | undefined): HttpAgent {
  if (!address.secure) return new HttpAgent();
  const options = tlsOptions(trust);
  return tunnel === undefined ? new HttpsAgent(options) : new TunnelAgent(tunnel, options);
}

function tlsOptions(trust: Trust): AgentOptions {
  const common = { rejectUnauthorized: true, maxCachedSessions: 0 };
  if (trust.mode === "system") return common;
  return {
    ...common,
    ca: [trust.certificate],
    // The pinned certificate is the root of trust even where an authority issued it.
    allowPartialTrustChain: true,
    checkServerIdentity: (_host, certificate) =>
      fingerprintOf(certificate) === trust.fingerprint
        ? undefined
        : Object.assign(new Error("the certificate is not the pinned one"), { code: FINGERPRINT_DIFFERS }),
  };
}

/**
 * The fingerprint of the certificate that a server shows, for an error message only: nothing is sent to it.
 *
 * @returns undefined where no certificate is to be had within `timeoutMs` milliseconds
 */
export function shownFingerprint(address: Address, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port, rejectUnauthorized: false, timeout: timeoutMs });
    const finish = (value: string | undefined): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      finish(Object.keys(certificate).length === 0 ? undefined : fingerprintOf(certificate));
    });
    socket.once("timeout", () => {
      finish(undefined);
    });
    socket.once("error", () => {
      finish(undefined);
    });
  });
}

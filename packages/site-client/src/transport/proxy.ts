import { request } from "node:http";
import type { ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AgentOptions } from "node:https";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import { siteError } from "../errors.js";
import type { Address } from "@fedace/ace-core/host";

/** How long a proxy may take to open a tunnel, milliseconds. */
const PROXY_TIMEOUT_MS = 15_000;

/** The proxy that a machine's environment names, as HTTPS_PROXY and NO_PROXY have it. */
export interface ProxySetting {
  /** URL of an HTTP proxy, with name and password where it asks for them. */
  readonly url?: string | undefined;
  /** Hosts that are reached without it, separated by commas: names, `.domain`, or `*`. */
  readonly except?: string | undefined;
}

/** A way through a proxy. */
export interface Tunnel {
  readonly host: string;
  readonly port: number;
  /** Value of the header Proxy-Authorization. */
  readonly authorization: string | undefined;
}

/**
 * The tunnel to take to an address, if any.
 *
 * @throws PROXY_INVALID
 */
export function tunnelTo(address: Address, setting: ProxySetting | undefined): Tunnel | undefined {
  const { url: text, except = "" } = setting ?? {};
  if (text === undefined || text === "" || !address.secure || isExcepted(address.host, except)) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" || url.hostname === "") {
    throw siteError("PROXY_INVALID", "HTTPS_PROXY is not the address of an HTTP proxy, such as http://proxy:3128.");
  }
  const { username, password } = url;
  const login = `${unescaped(username)}:${unescaped(password)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 80 : Number(url.port),
    authorization: username === "" ? undefined : `Basic ${Buffer.from(login).toString("base64")}`,
  };
}

/** @throws PROXY_INVALID; the message does not say the password */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    const message = "The name or password in HTTPS_PROXY holds a % that begins no escape.";
    throw siteError("PROXY_INVALID", message, { remedy: "Write a % in the name or password as %25." });
  }
}

function isExcepted(host: string, except: string): boolean {
  return except
    .split(",")
    .map((entry) =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, "."),
    )
    .some((entry) =>
      entry.startsWith(".")
        ? host.toLowerCase().endsWith(entry) || host.toLowerCase() === entry.slice(1)
        : entry === "*" || entry === host.toLowerCase(),
    );
}

/**
 * An agent whose TLS connections go through an HTTP proxy's tunnel (CONNECT, RFC 9110 §9.3.6): the proxy sees host and
 * port, and the TLS inside is checked as ever.
 */
export class TunnelAgent extends HttpsAgent {
  readonly #tunnel: Tunnel;
  readonly #tls: AgentOptions;

  constructor(tunnel: Tunnel, options: AgentOptions) {
    super(options);
    this.#tunnel = tunnel;
    this.#tls = options;
  }

  override createConnection(
    options: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { host, port, authorization } = this.#tunnel;
    const target = `${options.host ?? ""}:${options.port ?? 443}`;
    const fail = (error: Error): void => {
      (done as ((error: Error) => void) | undefined)?.(error);
    };
    const opening = request({
      host,
      port,
      method: "CONNECT",
      path: target,
      agent: false,
      headers: { host: target, ...(authorization === undefined ? {} : { "proxy-authorization": authorization }) },
      timeout: PROXY_TIMEOUT_MS,
    });
    opening.once("connect", (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        fail(refusal(this.#tunnel, response.statusCode ?? 0));
        return;
      }
      done?.(null, connect({ ...(options as ConnectionOptions), ...this.#tls, socket }));
    });
    opening.once("response", (response) => {
      response.destroy();
      fail(refusal(this.#tunnel, response.statusCode ?? 0));
    });
    opening.once("timeout", () => opening.destroy(new Error("timeout")));
    opening.once("error", (cause) => {
      fail(
        siteError("PROXY_UNREACHABLE", `The proxy ${host} port ${port} cannot be used: ${cause.message}.`, { cause }),
      );
    });
    opening.end();
    return undefined;
  }
}

function refusal({ host, port }: Tunnel, status: number): Error {
  const why = status === 407 ? "it wants a name and password" : `it answers with status ${status}`;
  return siteError("PROXY_REFUSED", `The proxy ${host} port ${port} opens no way to the coordinator: ${why}.`, {
    fields: { status },
  });
}

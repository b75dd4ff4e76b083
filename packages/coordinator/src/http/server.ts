import { createServer as createHttp } from "node:http";
import type { Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { LIMITS } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import type { TlsFiles } from "../identity/index.js";

/** How long a request may take to send its headers, and all of itself, milliseconds: a slow one must not hold a socket. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** How long the TLS handshake may take, milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Largest headers, bytes: room for what proxies add. */
const HEADER_BYTES = 16 * 1024;

/**
 * The one server of the coordinator: TLS 1.2 or newer, or plain HTTP where `tls` is undefined. Requests are refused
 * until a handler is attached.
 *
 * @throws TLS_FILES_INVALID
 */
export function createServer(tls: TlsFiles | undefined): Server {
  const options = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: HEADERS_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES,
  };
  const server = tls === undefined ? createHttp(options) : secure(options, tls);
  // Room for every site beside requests to join and a few probes.
  server.maxConnections = 2 * LIMITS.connections;
  return server;
}

function secure(options: object, tls: TlsFiles): Server {
  try {
    return createHttps({
      ...options,
      cert: tls.certificate,
      key: tls.key,
      minVersion: "TLSv1.2",
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
  } catch (cause) {
    throw coordinatorError(
      "TLS_FILES_INVALID",
      `TLS cannot use this certificate and key: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
}

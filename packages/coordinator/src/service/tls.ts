import { X509Certificate } from "node:crypto";
import { isLoopback } from "@fedace/ace-core/host";
import type { Address } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { loadCertificate } from "../identity/index.js";
import type { TlsFiles } from "../identity/index.js";
import type { DataFolder } from "../store/index.js";

/** How the server is to be reached. */
export type TlsChoice =
  /** The coordinator's own certificate; for an http URL (loopback) none. */
  | { readonly mode: "own" }
  /** PEM texts of a certificate chain and its key. */
  | ({ readonly mode: "given" } & TlsFiles)
  /** A proxy in front ends TLS. */
  | { readonly mode: "behind-proxy" };

interface TlsSetup {
  /** Undefined: plain HTTP. */
  readonly files: TlsFiles | undefined;
  /** What invitations pin; undefined where sites' own trust stores decide. */
  readonly pinned: string | undefined;
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
}

/**
 * @param host as asked for on the command line
 * @throws URL_INSECURE, TLS_FILES_INVALID, DATA_FOLDER_DAMAGED
 */
export function tlsSetup(choice: TlsChoice, folder: DataFolder, url: Address, host: string | undefined): TlsSetup {
  // A URL on loopback is for this machine only; there is no reason to listen on others.
  const own = host ?? (url.loopback ? (url.host === "localhost" ? "127.0.0.1" : url.host) : undefined);
  switch (choice.mode) {
    case "behind-proxy":
      return { files: undefined, pinned: undefined, host: own };
    case "given": {
      const pinned = selfSigned(choice.certificate) ? choice.certificate : undefined;
      return { files: choice, pinned, host: own };
    }
    case "own": {
      if (url.secure) {
        const files = loadCertificate(folder.tls);
        return { files, pinned: files.certificate, host: own };
      }
      if (own === undefined || !isLoopback(own)) {
        throw coordinatorError(
          "URL_INSECURE",
          `Plain http would be offered on ${own ?? "every address of this machine"}.`,
        );
      }
      return { files: undefined, pinned: undefined, host: own };
    }
  }
}

function selfSigned(pem: string): boolean {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkIssued(certificate);
  } catch (cause) {
    throw coordinatorError("TLS_FILES_INVALID", "The certificate given is not a PEM certificate.", { cause });
  }
}

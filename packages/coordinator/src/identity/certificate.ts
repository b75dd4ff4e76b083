import { X509Certificate, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { writeDurably } from "@fedace/ace-core/host";
import type { Invitation } from "@fedace/ace-core/protocol";
import { readKept } from "./files.js";

/** How long the coordinator's own certificate is valid, years: sites pin it, so nothing is gained by a short life. */
const VALID_YEARS = 10;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its key, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes the coordinator's own TLS certificate in the folder `tls`: self-signed, for the host of its URL, localhost and
 * the loopback addresses.
 *
 * @param now Unix milliseconds
 */
export async function createCertificate(tls: string, host: string, now: number): Promise<void> {
  // Loaded only here: making a certificate happens once, serving goes on for months.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + VALID_YEARS);
  const names = [...new Set([host, "localhost", "127.0.0.1", "::1"])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex"),
      name: `CN=${host.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`,
      notBefore: new Date(now - 86_400_000),
      notAfter: end,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        // A site takes this certificate as its only authority: it signs itself and nothing below it.
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
        ),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const key = `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PRIVATE KEY-----\n`;
  await writeDurably(join(tls, "key.pem"), key);
  await writeDurably(join(tls, "certificate.pem"), `${certificate.toString("pem")}\n`);
}

/** @throws DATA_FOLDER_DAMAGED */
export function loadCertificate(tls: string): TlsFiles {
  return { certificate: readKept(join(tls, "certificate.pem")), key: readKept(join(tls, "key.pem")) };
}

/** SHA-256 of a PEM certificate's DER, lower-case hex: what a browser or `openssl x509 -fingerprint -sha256` shows. */
export function fingerprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
}

/**
 * How sites are to recognise the coordinator's certificate.
 *
 * @param certificate its own, PEM; undefined where the sites' machines trust the one that is shown
 */
export function trustIn(certificate: string | undefined): Invitation["tls"] {
  return certificate === undefined
    ? { mode: "system" }
    : { mode: "pinned", fingerprint: fingerprint(certificate), certificate };
}

import { generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleBundle, modelCard, signingPayload, tensorsDigest } from "@fedace/ace-core/export";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PlanInput, PublicKey } from "@fedace/ace-core/protocol";
import { createSiteKey, openDataFolder, writeRegistration } from "../identity/index.js";
import { root } from "./cli.test.helper.js";

/** A bundle signed with a fresh key, by node's own crypto. */
export function bundleFile(name: string, changes: Partial<PlanInput> = {}): { path: string; key: PublicKey } {
  const plan = parsePlan({
    name: "p",
    classes: ["background", "lesion"],
    inputs: ["T1w"],
    spacing: [4, 4, 4],
    model: { preset: "tiny" },
    training: { patch: [8, 8, 8] },
    rounds: 1,
    ...changes,
  });
  const { inputs, classes, ...model } = modelSpec(plan.model, 1, 2);
  const weights = initialise({ inputs, classes, ...model }, 1);
  const card = modelCard({
    plan,
    product: "fedace",
    run: "r",
    round: 1,
    created: "2026-01-02T03:04:05Z",
    model,
    sites: [],
    scores: [],
    tensors: tensorsDigest(weights),
  });
  const pair = generateKeyPairSync("ed25519");
  const { x = "" } = pair.publicKey.export({ format: "jwk" });
  const key = { kty: "OKP", crv: "Ed25519", x } as const;
  const body = `${Buffer.from('{"alg":"EdDSA"}').toString("base64url")}.${Buffer.from(signingPayload(card, weights.specs)).toString("base64url")}`;
  const signature = `${body}.${sign(null, Buffer.from(body), pair.privateKey).toString("base64url")}`;
  const path = join(root, name);
  writeFileSync(path, assembleBundle(weights, { card, signature, key }));
  return { path, key };
}

/** A data folder of a site, and how it is made one that has joined the coordinator with a key. */
export async function joinedFolder(
  name: string,
): Promise<{ data: string; registration: (coordinator: PublicKey) => Promise<void> }> {
  const paths = openDataFolder(join(root, name));
  const site = await createSiteKey(paths);
  const registration = async (coordinator: PublicKey): Promise<void> => {
    await writeRegistration(paths, {
      format: "fedace-site",
      version: 1,
      site: "here",
      key: site.publicKey,
      url: "https://localhost",
      coordinator: { name: "c", key: coordinator },
      tls: { mode: "system" },
      joined: "2026-01-02T03:04:05Z",
    });
  };
  return { data: paths.root, registration };
}

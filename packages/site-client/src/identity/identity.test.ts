import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import { thumbprint } from "@fedace/ace-core/host";
import { LIMITS, tokenClaimsSchema } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { compactVerify, importJWK } from "jose";
import { checkAddress } from "./address.js";
import { verifyAssignment } from "./assignment.js";
import { dataPaths, openDataFolder } from "./files.js";
import { parseInvitation, readInvitation } from "./invitation.js";
import { createSiteKey, loadSiteKey } from "./key.js";
import { lockDataFolder } from "./lock.js";
import { joinAnswered, keyToJoinWith } from "./pending.js";
import { readRegistration, writeRegistration } from "./registration.js";
import { connectionToken } from "./token.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
const folder = (name: string): ReturnType<typeof openDataFolder> => openDataFolder(join(root, name));
const parts = { clock: systemClock, lost: () => undefined };
const NOW = Date.parse("2026-01-02T03:04:05Z");

test("the private key lies in a file for this account only, and is read back as the same key", async () => {
  const paths = folder("key");
  const key = await createSiteKey(paths);
  const [name] = readdirSync(paths.keys);
  assert.equal(name, `${key.thumbprint}.json`);
  assert.equal(statSync(join(paths.keys, name)).mode & 0o777, 0o600);
  assert.equal((statSync(paths.root).mode & 0o777).toString(8), "700");
  assert.equal("d" in key.publicKey, false);
  const loaded = await loadSiteKey(paths, key.thumbprint);
  const { payload } = await compactVerify(await loaded.sign({ a: 1 }), await importJWK(key.publicKey, "EdDSA"));
  assert.equal(new TextDecoder().decode(payload), '{"a":1}');
});

test("the thumbprint is that of RFC 8037, appendix A.3", async () => {
  const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } as const;
  assert.equal(await thumbprint(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

test("a key file that was changed or exchanged is found out", async () => {
  const paths = folder("damaged");
  const [first, second] = [await createSiteKey(paths), await createSiteKey(paths)];
  const path = (print: string): string => join(paths.keys, `${print}.json`);
  writeFileSync(path(first.thumbprint), readFileSync(path(second.thumbprint)));
  await assert.rejects(loadSiteKey(paths, first.thumbprint), { code: "DATA_FOLDER_DAMAGED" });
  writeFileSync(path(second.thumbprint), "{}");
  await assert.rejects(loadSiteKey(paths, second.thumbprint), { code: "DATA_FOLDER_DAMAGED" });
});

test("a token says site, coordinator and time, lives one minute, and is never the same twice", async () => {
  const key = await createSiteKey(folder("token"));
  let made = 0;
  const subject = {
    site: "here",
    audience: "aud",
    connection: "line",
    uniqueId: () => `0123456789abcdef-${(made += 1)}`,
  };
  const verified = async (): Promise<object> => {
    const token = await connectionToken(key, subject, NOW);
    const { payload } = await compactVerify(token, await importJWK(key.publicKey, "EdDSA"));
    return tokenClaimsSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
  };
  const iat = NOW / 1000;
  const common = { sub: "here", aud: "aud", iat, exp: iat + LIMITS.tokenLifetimeSeconds };
  assert.deepEqual(await verified(), { ...common, jti: "line:0123456789abcdef-1" });
  assert.deepEqual(await verified(), { ...common, jti: "line:0123456789abcdef-2" });
});

const invitation: Invitation = {
  format: "fedace-invitation",
  version: 1,
  url: "https://coordinator.example:8443",
  coordinator: { name: "c", key: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } },
  tls: { mode: "system" },
  site: "here",
  secret: "s".repeat(43),
  expires: "2026-01-02T03:04:06Z",
};

test("an invitation is good until the moment it expires; then both times are named", () => {
  assert.deepEqual(parseInvitation(JSON.stringify(invitation), NOW), invitation);
  assert.throws(() => parseInvitation(JSON.stringify(invitation), NOW + 1000), {
    code: "INVITATION_LAPSED",
    message: /2026-01-02T03:04:06Z.*2026-01-02T03:04:06.000Z/,
  });
});

test("an invitation that is no JSON, has a wrong, missing or additional field, or is too large is refused", () => {
  const wrong: unknown[] = [
    { ...invitation, more: 1 },
    { ...invitation, secret: undefined },
    { ...invitation, site: "Not A Name" },
    { ...invitation, version: 2 },
    { ...invitation, url: "ftp://coordinator.example" },
    { ...invitation, url: "http://coordinator.example" },
    { ...invitation, url: "https://user:word@coordinator.example" },
    { ...invitation, url: "https://coordinator.example/?q" },
    [],
  ];
  for (const value of wrong) {
    assert.throws(() => parseInvitation(JSON.stringify(value), NOW), { code: "INVITATION_INVALID" });
  }
  assert.throws(() => parseInvitation("{", NOW), { code: "INVITATION_INVALID" });
  const file = join(root, "large.json");
  writeFileSync(file, " ".repeat(64 * 1024 + 1));
  assert.throws(() => readInvitation(file, NOW), { code: "INVITATION_INVALID" });
  writeFileSync(file, JSON.stringify(invitation).padEnd(64 * 1024));
  assert.deepEqual(readInvitation(file, NOW), invitation);
  assert.throws(() => readInvitation(join(root, "none"), NOW), { code: "FILE_UNREADABLE" });
});

test("a coordinator's address is https, or http on this machine, and nothing more", () => {
  assert.equal(checkAddress("https://a.example/fed/").prefix, "/fed");
  for (const url of ["http://a.example", "https://u@a.example", "ftp://a.example", "http://a.localhost"])
    assert.throws(() => checkAddress(url), { code: "INVITATION_INVALID" });
});

test("an assignment counts only if signed by the pinned key, meant for this site, and with a good plan", async () => {
  const key = await createSiteKey(folder("coordinator"));
  const other = await createSiteKey(folder("impostor"));
  const plan = { name: "p", classes: ["background", "lesion"], inputs: ["T1w"], spacing: [2, 2, 2], rounds: 3 };
  const model = { sha256: "a".repeat(64), bytes: 5 };
  const assignment = { kind: "train", site: "here", run: "r", round: 1, plan, model, deadline: NOW };
  const check = async (jws: string): Promise<unknown> => verifyAssignment(jws, key.publicKey, "here");
  const good = await verifyAssignment(await key.sign(assignment), key.publicKey, "here");
  assert.equal(good.plan.training.steps, 10, "defaults are filled in");
  const refused = { code: "ASSIGNMENT_INVALID" };
  await assert.rejects(check(await other.sign(assignment)), refused);
  await assert.rejects(check(await key.sign({ ...assignment, site: "there" })), refused);
  await assert.rejects(check(await key.sign({ ...assignment, more: 1 })), refused);
  await assert.rejects(check("no.such.thing"), refused);
  const [head = "", body = "", signature = ""] = (await key.sign(assignment)).split(".");
  const forged = Buffer.from(JSON.stringify({ ...assignment, round: 2 })).toString("base64url");
  await assert.rejects(check([head, forged, signature].join(".")), refused);
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  await assert.rejects(check([none, body, ""].join(".")), refused);
  await assert.rejects(check(await key.sign({ ...assignment, plan: { ...plan, more: 1 } })), { code: "PLAN_INVALID" });
});

test("the registration is read back, and a missing or damaged one says what to do", async () => {
  const paths = folder("registration");
  assert.throws(() => readRegistration(paths), { code: "SITE_NOT_JOINED" });
  const { url, coordinator, tls, site } = invitation;
  const key = (await createSiteKey(paths)).publicKey;
  const registration = {
    format: "fedace-site",
    version: 1,
    site,
    key,
    url,
    coordinator,
    tls,
    joined: invitation.expires,
  } as const;
  await writeRegistration(paths, registration);
  assert.deepEqual(readRegistration(paths), registration);
  assert.equal(statSync(paths.registration).mode & 0o777, 0o600);
  writeFileSync(paths.registration, "{");
  assert.throws(() => readRegistration(paths), { code: "DATA_FOLDER_DAMAGED" });
});

test("a folder that cannot be made is refused with its path", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  assert.throws(() => openDataFolder(join(file, "data")), { code: "DATA_FOLDER_NOT_WRITABLE" });
});

test("a data folder is locked once, under whatever path, and is free after release", async () => {
  const { root: data } = folder("lock");
  const link = join(root, "link");
  symlinkSync(data, link);
  const lock = await lockDataFolder(data, parts);
  await assert.rejects(lockDataFolder(data, parts), { code: "DATA_FOLDER_IN_USE" });
  await assert.rejects(lockDataFolder(link, parts), { code: "DATA_FOLDER_IN_USE" });
  const other = await lockDataFolder(folder("lock-other").root, parts);
  await lock.release();
  await (await lockDataFolder(link, parts)).release();
  await other.release();
});

test("a join that was not answered is tried again with the same key, another invitation with another", async () => {
  const paths = folder("pending");
  const first = await keyToJoinWith(paths, invitation);
  assert.equal((await keyToJoinWith(paths, invitation)).thumbprint, first.thumbprint);
  const other = await keyToJoinWith(paths, { ...invitation, secret: "t".repeat(43) });
  assert.notEqual(other.thumbprint, first.thumbprint);
  joinAnswered(paths, other, false);
  await assert.rejects(loadSiteKey(paths, other.thumbprint), { code: "DATA_FOLDER_DAMAGED" });
  const third = await keyToJoinWith(paths, invitation);
  joinAnswered(paths, third, true);
  await loadSiteKey(paths, third.thumbprint);
  assert.notEqual((await keyToJoinWith(paths, invitation)).thumbprint, third.thumbprint);
});

test("naming a folder makes none", () => {
  const paths = dataPaths(join(root, "unmade"));
  assert.equal(existsSync(paths.root), false);
});

import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { migrate, readSetting, useToken, writeSetting } from "../records/index.js";
import { temporaryFolder } from "../testing/coordinator.js";
import { fileObjects, openSqlite } from "./index.js";

const damaged = (error: unknown): boolean => isFedaceError(error, "DATA_FOLDER_DAMAGED");

test("a transaction is all or nothing, and others wait for their turn", async (t) => {
  const file = join(temporaryFolder(t), "a.db");
  const [one, two] = [openSqlite(file), openSqlite(file)];
  await migrate(one);
  await assert.rejects(
    one.transaction(async (sql) => {
      await writeSetting(sql, "a", "1");
      throw new Error("stop");
    }),
    /stop/,
  );
  assert.equal(await readSetting(one, "a"), undefined);
  const order: string[] = [];
  await Promise.all([
    one.transaction(async (sql) => {
      await writeSetting(sql, "a", "1");
      order.push("first");
    }),
    one.transaction(async (sql) => {
      assert.equal(await readSetting(sql, "a"), "1");
      order.push("second");
    }),
    readSetting(one, "a").then(() => order.push("third")),
  ]);
  assert.deepEqual(order, ["first", "second", "third"]);
  assert.equal(await readSetting(two, "a"), "1");
  await one.close();
  await two.close();
});

test("a connection notices commits of others, not its own", async (t) => {
  const file = join(temporaryFolder(t), "a.db");
  const one = openSqlite(file);
  await migrate(one);
  const two = openSqlite(file);
  assert.equal(await two.changedElsewhere(), false);
  await one.transaction((sql) => writeSetting(sql, "a", "1"));
  assert.equal(await two.changedElsewhere(), true);
  assert.equal(await two.changedElsewhere(), false);
  await two.transaction((sql) => writeSetting(sql, "a", "2"));
  assert.equal(await two.changedElsewhere(), false);
  await one.close();
  await two.close();
});

test("a database of a newer version is left alone", async () => {
  const database = openSqlite(":memory:");
  await migrate(database);
  await migrate(database);
  await writeSetting(database, "schema", "99");
  await assert.rejects(migrate(database), (error) => isFedaceError(error, "DATABASE_NEWER"));
});

test("an object has the name of its content, is there completely or not at all, and can be written again", async (t) => {
  const root = temporaryFolder(t);
  const objects = fileObjects(root);
  const write = async (text: string): Promise<string> => {
    const writer = await objects.create();
    for (const letter of text) await writer.append(Buffer.from(letter));
    const { sha256, bytes } = await writer.commit();
    assert.equal(bytes, text.length);
    await writer.discard();
    return sha256;
  };
  // FIPS 180-2, appendix B.1
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(await write("abc"), abc);
  assert.equal(await write("abc"), abc);
  const file = await objects.open(abc, "now");
  assert.equal(await file.readFile("utf8"), "abc");
  await file.close();
  const begun = await objects.create();
  await begun.append(Buffer.from("x"));
  const [partial = ""] = readdirSync(root).filter((name) => name !== "ba");
  const { mtimeMs } = statSync(join(root, partial));
  await objects.sweep(mtimeMs + 3_599_999);
  assert.deepEqual(readdirSync(root).sort(), ["ba", partial], "another process may be writing it");
  await objects.sweep(mtimeMs + 3_600_000);
  assert.deepEqual(readdirSync(root), ["ba"]);
  await begun.discard();
  await assert.rejects(objects.open("0".repeat(64), "now"), damaged);
});

test("an object that has rotted is not handed out", async (t) => {
  const root = temporaryFolder(t);
  const objects = fileObjects(root);
  const writer = await objects.create();
  await writer.append(Buffer.from("weights"));
  const { sha256 } = await writer.commit();
  writeFileSync(join(root, sha256.slice(0, 2), sha256), "weighty");
  await assert.rejects(objects.open(sha256, "once"), damaged);
  await assert.rejects(objects.open(sha256, "now"), damaged);
});

test("a token's identifier is taken once, and forgotten when it could not be used any more", async () => {
  const database = openSqlite(":memory:");
  await migrate(database);
  assert.equal(await useToken(database, "a", 100, 50), true);
  assert.equal(await useToken(database, "a", 100, 100), false);
  assert.equal(await useToken(database, "b", 300, 101), true);
  assert.deepEqual(await database.all(`SELECT id FROM used_tokens`).then((rows) => rows.map((row) => row["id"])), [
    "b",
  ]);
});

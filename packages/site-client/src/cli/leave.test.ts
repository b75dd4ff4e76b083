import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createSiteKey, openDataFolder, writeRegistration } from "../identity/index.js";
import { root, terminalOf } from "./cli.test.helper.js";
import { main } from "./main.js";

test("leave asks whoever is at the screen what it is going to do; without a yes nothing changes", async () => {
  const data = join(root, "leaving");
  const paths = openDataFolder(data);
  const { publicKey: key } = await createSiteKey(paths);
  await writeRegistration(paths, {
    format: "fedace-site",
    version: 1,
    site: "north",
    key,
    url: "https://coordinator.invalid:8443",
    coordinator: { name: "Example study", key },
    tls: { mode: "system" },
    joined: "2026-01-02T03:04:05Z",
  });
  const said = async (answer: string, ...flags: string[]): Promise<[code: number, asked: string, err: string]> => {
    const { terminal, err } = terminalOf();
    let asked = "";
    const ask = (question: string): Promise<string> => {
      asked = question;
      return Promise.resolve(answer);
    };
    const code = await main(["leave", "--data", data, ...flags], { ...terminal, ask });
    return [code, asked, err.join("")];
  };
  const [code, asked, err] = await said("", "--forget");
  assert.deepEqual([code, err], [0, "Nothing was changed.\n"]);
  assert.match(
    asked,
    /^Leave Example study at .*, which then refuses the site north in every run, and delete its priv/,
  );
  assert.ok(existsSync(paths.registration));
  assert.match((await said("n", "--offline", "--forget"))[1], /^Delete its private key and settings here, for good\?/);
  assert.deepEqual(await said("n", "--offline", "--forget", "--yes"), [0, "", ""]);
  assert.equal(existsSync(paths.registration), false);
});

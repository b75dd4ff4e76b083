import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { EXIT_CODES } from "@fedace/ace-core/foundation";
import { COORDINATOR_ERRORS } from "../errors.js";
import { runCommand, temporaryFolder, TestCoordinator } from "../testing/coordinator.js";
import type { Ran } from "../testing/coordinator.js";
import { createRun, greet, planText } from "../testing/federation.js";
import { CoordinatorProcess } from "../testing/process.js";
import { TestSite } from "../testing/site.js";
import { manifest } from "../testing/worker.js";

/** The code a command failed with; checks that the exit code is the catalogue's and the next step is named. */
function failure({ code, err }: Ran): string {
  const { error, message, next } = JSON.parse(err) as { error: string; message: string; next: string };
  const entry = COORDINATOR_ERRORS[error as keyof typeof COORDINATOR_ERRORS] as
    { exit: keyof typeof EXIT_CODES } | undefined;
  if (entry !== undefined) assert.equal(code, EXIT_CODES[entry.exit]);
  assert.notEqual(code, 0);
  assert.notEqual(message, "");
  assert.notEqual(next, "");
  return error;
}

test("every command has help with an example that names it", async () => {
  const leaves = [
    "init",
    "serve",
    "site invite",
    "site list",
    "site revoke",
    "run create",
    "run start",
    "run pause",
    "run resume",
    "run abort",
    "run list",
    "run show",
    "run export",
    "run prune",
    "run remove",
    "model list",
    "model get",
    "model verify",
    "audit list",
    "audit verify",
  ];
  for (const leaf of leaves) {
    const { code, out } = await runCommand([...leaf.split(" "), "--help"]);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`Example:\n  fedace-coordinator ${leaf}`));
    assert.match(out, /--data <dir>/);
    assert.match(out, /--json/);
  }
  assert.match((await runCommand(["--version"])).out, /^\d+\.\d+\.\d+/);
});

test("wrong command lines end with the usage code, in text and in JSON", async (t) => {
  for (const argv of [
    [],
    ["bogus"],
    ["site"],
    ["init"],
    ["site", "invite"],
    ["run", "show"],
    ["serve", "--port", "70000"],
  ]) {
    const ran = await runCommand([...argv, "--data", temporaryFolder(t), "--json"]);
    assert.equal(ran.code, EXIT_CODES.usage, argv.join(" "));
    assert.equal(failure(ran), "COMMAND_USAGE");
  }
  const { err } = await runCommand(["bogus"]);
  assert.match(err, /^error COMMAND_USAGE: unknown command 'bogus'\nnext: See the command's --help\.\n$/);
  assert.equal(failure(await runCommand(["site", "list", "--json"])), "DATA_FOLDER_UNSPECIFIED");
});

test("init refuses what is there, what cannot be written and what is no address, and changes nothing", async (t) => {
  const folder = temporaryFolder(t);
  const init = (data: string, url = "https://localhost:8443"): Promise<Ran> =>
    runCommand(["init", "--data", data, "--url", url, "--json"]);
  const data = join(folder, "a", "b");
  assert.equal((await init(data)).code, 0);
  const before = readdirSync(data, { recursive: true });
  const key = readFileSync(join(data, "keys", "signing.json"), "utf8");
  assert.equal(failure(await init(data)), "DATA_FOLDER_INITIALISED");
  assert.deepEqual(readdirSync(data, { recursive: true }), before);
  assert.equal(readFileSync(join(data, "keys", "signing.json"), "utf8"), key);
  mkdirSync(join(folder, "full"));
  writeFileSync(join(folder, "full", "thesis.txt"), "text");
  assert.equal(failure(await init(join(folder, "full"))), "DATA_FOLDER_NOT_EMPTY");
  assert.deepEqual(readdirSync(join(folder, "full")), ["thesis.txt"]);
  assert.equal(failure(await init(join(folder, "full", "thesis.txt", "data"))), "DATA_FOLDER_NOT_WRITABLE");
  assert.equal(failure(await init(join(folder, "full", "thesis.txt"))), "DATA_FOLDER_NOT_WRITABLE");
  for (const url of ["", "localhost", "ftp://host", "https://a:b@host", "https://host/?x"]) {
    assert.equal(failure(await init(join(folder, "c"), url)), "URL_INVALID", url);
  }
  assert.equal(failure(await init(join(folder, "c"), "http://fedace.example.org")), "URL_INSECURE");
  assert.equal(existsSync(join(folder, "c")), false);
  assert.equal(failure(await runCommand(["site", "list", "--data", folder, "--json"])), "DATA_FOLDER_UNINITIALISED");
});

test("a data folder is served by one process, and free again when that one is killed", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const first = await CoordinatorProcess.start(t, coordinator.data, "--port", "0");
  assert.equal(failure(await coordinator.run("serve", "--port", "0")), "DATA_FOLDER_IN_USE");
  assert.equal((await coordinator.run("site", "list")).code, 0, "other commands work beside it");
  await first.kill();
  const second = await CoordinatorProcess.start(t, coordinator.data, "--port", "0");
  assert.equal(await second.terminate(), 0, "SIGTERM is an orderly end");
});

test("serve names a port that is in use, an address that is not here, and refuses plain HTTP to the network", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const inUse = await coordinator.run("serve", "--host", "127.0.0.1", "--port", String(port));
  assert.equal(failure(inUse), "PORT_IN_USE");
  assert.match(inUse.err, new RegExp(`port ${port}`));
  assert.equal(failure(await coordinator.run("serve", "--host", "203.0.113.7", "--port", "0")), "ADDRESS_UNAVAILABLE");
  const missing = await coordinator.run("serve", "--tls-cert", "none.pem", "--tls-key", "none.pem");
  assert.equal(failure(missing), "INPUT_UNREADABLE");
  assert.equal(failure(await coordinator.run("serve", "--tls-cert", "none.pem")), "COMMAND_USAGE");
  writeFileSync(coordinator.path("bad.pem"), "not a certificate");
  const bad = ["--tls-cert", coordinator.path("bad.pem"), "--tls-key", coordinator.path("bad.pem")];
  assert.equal(failure(await coordinator.run("serve", ...bad)), "TLS_FILES_INVALID");
  const plain = join(temporaryFolder(t), "data");
  assert.equal((await runCommand(["init", "--data", plain, "--url", "http://127.0.0.1:8080"])).code, 0);
  const exposed = await runCommand(["serve", "--data", plain, "--host", "0.0.0.0", "--port", "0", "--json"]);
  assert.equal(failure(exposed), "URL_INSECURE");
});

test("an invitation that cannot be written changes nothing: the one before stays good", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await TestSite.create(await coordinator.invite("north"));
  const nowhere = coordinator.path(join("no", "folder.json"));
  assert.equal(failure(await coordinator.run("site", "invite", "north", "--out", nowhere)), "OUTPUT_NOT_WRITABLE");
  assert.equal((await site.join(coordinator.clock.now())).ok, true);
});

test("invitations are written once, for valid names and times only", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const out = coordinator.path("north.json");
  assert.equal((await coordinator.run("site", "invite", "north", "--out", out, "--expires", "12h")).code, 0);
  assert.equal(failure(await coordinator.run("site", "invite", "south", "--out", out)), "OUTPUT_EXISTS");
  for (const name of ["North", "a b", "..", "ä", "x".repeat(33)]) {
    assert.equal(failure(await coordinator.run("site", "invite", name, "--out", `${out}2`)), "SITE_NAME_INVALID", name);
  }
  for (const expires of ["", "0d", "91d", "soon", "-1d"]) {
    const ran = await coordinator.run("site", "invite", "south", "--out", `${out}2`, `--expires=${expires}`);
    assert.equal(failure(ran), "EXPIRY_INVALID", expires);
  }
  const nowhere = join(coordinator.path("none"), "x.json");
  assert.equal(failure(await coordinator.run("site", "invite", "south", "--out", nowhere)), "OUTPUT_NOT_WRITABLE");
  assert.equal(failure(await coordinator.run("site", "revoke", "east")), "SITE_NOT_FOUND");
  const { sites } = (await coordinator.run("site", "list")).json() as { sites: { site: string; state: string }[] };
  assert.deepEqual(
    sites.map(({ site, state }) => `${site} ${state}`),
    ["north invited"],
  );
});

test("bad plans are refused by name", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const file = coordinator.path("plan.yaml");
  const create = (text: string): Promise<Ran> => {
    writeFileSync(file, text);
    return coordinator.run("run", "create", file);
  };
  const bad = await create(planText({ typo: "1" }));
  assert.equal(failure(bad), "PLAN_INVALID");
  assert.match(bad.err, /typo/);
  const misspelt = await create(planText().replace("classes:", "clases:"));
  assert.match(misspelt.err, /The plan cannot be used: classes is missing; did you mean it by clases\?/);
  assert.equal(failure(await create(planText({ classes: "[background, WM, WM]" }))), "PLAN_INVALID");
  for (const classes of ["[CSF, GM, WM]", "[CSF, background, GM, WM]"]) {
    const bare = await create(planText({ classes }));
    assert.equal(failure(bare), "PLAN_INVALID");
    assert.match(bare.err, /CSF is none.*Write classes: \[background, CSF, GM, WM\]/);
  }
  assert.equal(failure(await create(planText({ training: "{ patch: [9, 8, 8] }" }))), "PLAN_PATCH_INDIVISIBLE");
  assert.equal(failure(await create(planText({ model: "{ filters: 256, levels: 6 }" }))), "PLAN_PATCH_INDIVISIBLE");
  const huge = { model: "{ filters: 256, levels: 6 }", training: "{ patch: [32, 32, 32] }" };
  assert.equal(failure(await create(planText(huge))), "PLAN_TOO_LARGE");
  assert.equal(failure(await create("{")), "PLAN_NOT_YAML");
  assert.equal(failure(await create("a: 1\na: 2\n")), "PLAN_NOT_YAML");
  const hostile = await create("a: [\u001b[2J\n");
  assert.equal(failure(hostile), "PLAN_NOT_YAML");
  const asJson = JSON.stringify("\u001b").slice(1, -1);
  assert.equal(hostile.err.includes(asJson), false, "what a terminal would act on is not passed on");
  assert.equal(failure(await create("- just\n- a list\n")), "PLAN_INVALID");
  assert.equal(failure(await coordinator.run("run", "create", coordinator.path("none.yaml"))), "INPUT_UNREADABLE");
  assert.deepEqual((await coordinator.run("run", "list")).json()["runs"], []);
});

test("the same plan begins with the same model, to the last bit", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const runs = [
    await createRun(coordinator),
    await createRun(coordinator),
    await createRun(coordinator, { seed: "1" }),
  ];
  const models = await Promise.all(
    runs.map(async (run) => {
      const { models: rows } = (await coordinator.run("model", "list", run)).json() as { models: { sha256: string }[] };
      return rows.map(({ sha256 }) => sha256).join();
    }),
  );
  assert.equal(models[0], models[1]);
  assert.notEqual(models[0], models[2]);
});

test("a refused start names the class, fails, and can be read afterwards", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const run = await createRun(coordinator);
  assert.equal(failure(await coordinator.run("run", "start", run)), "RUN_TOO_FEW_SITES");
  for (const name of ["north", "south"]) {
    const { socket } = await greet(coordinator, await coordinator.site(name), manifest("tissue"));
    t.after(() => socket.disconnect());
  }
  const refused = await coordinator.run("run", "start", run);
  assert.equal(failure(refused), "RUN_CLASS_UNCOVERED");
  assert.equal(refused.code, EXIT_CODES.refused);
  assert.match(refused.err, /lesion/);
  const shown = (await coordinator.run("run", "show", run)).json();
  assert.equal(shown["state"], "created");
  assert.equal((shown["problem"] as { code: string }).code, "RUN_CLASS_UNCOVERED");
  const text = await runCommand(["run", "show", run, "--data", coordinator.data]);
  assert.match(text.out, /RUN_CLASS_UNCOVERED: .*lesion.*\n {2}next: Invite a site/);
  for (const type of ["pause", "resume"]) {
    assert.equal(failure(await coordinator.run("run", type, run)), "RUN_STATE");
  }
  assert.equal(failure(await coordinator.run("run", "show", "none")), "RUN_NOT_FOUND");
  assert.equal(failure(await coordinator.run("run", "start", "none")), "RUN_NOT_FOUND");
});

import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { silentLogger } from "@fedace/ace-core/foundation";
import { assignmentSchema, parsePlan } from "@fedace/ace-core/protocol";
import type { Assignment, PlanInput } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import { createSigningKey } from "../identity/index.js";
import type { SigningKey } from "@fedace/ace-core/host";
import {
  findModel,
  migrate,
  noteConnection,
  noteInvited,
  noteManifest,
  registerKey,
  requireRun,
} from "../records/index.js";
import type { Counted, RunState } from "../rounds/index.js";
import { Spool } from "../spool/index.js";
import { fileObjects, openSqlite } from "../store/index.js";
import type { ObjectRef, Objects } from "../store/index.js";
import { ManualClock } from "../testing/clock.js";
import { temporaryFolder } from "../testing/coordinator.js";
import { manifest } from "../testing/worker.js";
import type { SiteLink } from "../transport/index.js";
import { createRun, RunDriver } from "./index.js";

const KINDS = { a: "tissue", b: "lesion" } as const;
type Name = keyof typeof KINDS;

/** A driver on a database in memory, with a clock that stands still and two sites that are connected. */
class Scene {
  readonly clock = new ManualClock();
  readonly database = openSqlite(":memory:");
  readonly sent: { readonly site: string; readonly assignment: Assignment }[] = [];
  readonly errors: string[] = [];
  readonly #folder: string;
  readonly spool: Spool;
  readonly #key: SigningKey;
  driver: RunDriver;
  run = "";
  /** How many of the next objects are gone as soon as they are written, as when another run's equal ones are pruned. */
  vanishing = 0;

  private constructor(folder: string, key: SigningKey) {
    this.#folder = folder;
    this.#key = key;
    this.spool = new Spool(join(folder, "spool"));
    this.driver = this.#open();
  }

  #open(): RunDriver {
    const links = Object.keys(KINDS).map((site) => this.#link(site));
    return new RunDriver({
      clock: this.clock,
      database: this.database,
      objects: this.#objects(),
      logger: { ...silentLogger, error: (message: string) => this.errors.push(message) },
      key: this.#key,
      spool: this.spool,
      links: { ready: () => links },
    });
  }

  #objects(): Objects {
    const objects = fileObjects(join(this.#folder, "objects"));
    const create: Objects["create"] = async () => {
      const writer = await objects.create();
      const commit = async (): Promise<ObjectRef> => {
        const written = await writer.commit();
        if (this.vanishing-- > 0) await objects.remove(written.sha256);
        return written;
      };
      return { ...writer, commit };
    };
    return { ...objects, create };
  }

  /** As after a crash: another process finds what is stored. */
  async restart(): Promise<void> {
    await this.driver.stop();
    this.driver = this.#open();
    await this.driver.start();
  }

  static async create(t: TestContext, changes: Partial<PlanInput> = {}): Promise<Scene> {
    const folder = temporaryFolder(t);
    for (const name of ["spool", "objects", "keys"]) await mkdir(join(folder, name));
    const key = await createSigningKey(join(folder, "keys"));
    const scene = new Scene(folder, key);
    const { database, clock } = scene;
    await migrate(database);
    for (const name of Object.keys(KINDS) as Name[]) {
      await noteInvited(database, name, clock.now());
      await registerKey(database, name, key.publicKey, clock.now());
      await noteManifest(database, name, manifest(KINDS[name]), clock.now());
      await noteConnection(database, name, clock.now(), clock.now());
    }
    const objects = fileObjects(join(folder, "objects"));
    const plan = parsePlan({
      name: "test",
      classes: ["background", "CSF", "GM", "WM", "lesion"],
      inputs: ["T1w", "FLAIR"],
      spacing: [2, 2, 2],
      model: { preset: "tiny" },
      rounds: 2,
      quorum: { sites: 2, deadline: "60s" },
      ...changes,
    });
    scene.run = (await createRun({ database, objects }, plan, clock.now())).id;
    t.after(() => scene.driver.stop());
    await scene.driver.start();
    await scene.driver.apply(scene.run, { type: "start" });
    await scene.settled(() => scene.sent.length === 2);
    return scene;
  }

  #link(site: string): SiteLink {
    return {
      site,
      key: "",
      close: () => undefined,
      heardAt: () => 0,
      send: (name, payload) => {
        if (name !== "assignment" || !("jws" in payload)) return;
        const [, claims = ""] = payload.jws.split(".");
        const assignment = assignmentSchema.parse(JSON.parse(Buffer.from(claims, "base64url").toString("utf8")));
        this.sent.push({ site, assignment });
      },
    };
  }

  /** Bytes of a model. */
  model(sha256: string): Promise<Uint8Array> {
    return readFile(join(this.#folder, "objects", sha256.slice(0, 2), sha256));
  }

  async state(): Promise<RunState> {
    return (await requireRun(this.database, this.run)).state;
  }

  /** Resolves when `check` holds; everything that is going on here ends by itself. */
  async settled(check: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await check())) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Counts the update of a site. */
  async count(site: Name, content: Uint8Array, round = 1): Promise<Counted> {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const path = this.spool.path({ run: this.run, round, site }, sha256);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    const update: Counted = {
      site,
      sha256,
      bytes: content.byteLength,
      cases: 8,
      voxels: {},
      labels: { kind: KINDS[site] },
    };
    await this.driver.apply(this.run, { type: "counted", round, update });
    return update;
  }
}

test("a deadline that has passed before a timer could be set is not lost", async (t) => {
  const scene = await Scene.create(t);
  // The machine sleeps through the deadline; the timer that was set is lost with it.
  scene.clock.jump(61_000);
  scene.driver.kick();
  await scene.settled(async () => (await scene.state()).hold?.by === "quorum");
});

test("a deadline that comes while the driver waits is met by its timer, and by no other moment", async (t) => {
  const scene = await Scene.create(t);
  const { stage } = await scene.state();
  assert.ok(stage.kind === "collecting");
  await scene.settled(() => scene.clock.next() === stage.deadline + 1);
  scene.clock.advance(60_000);
  assert.equal((await scene.state()).hold, null, "not before it");
  scene.clock.advance(1);
  await scene.settled(async () => (await scene.state()).hold?.by === "quorum");
});

test("what looking does not change is not looked at for ever", async (t) => {
  const scene = await Scene.create(t);
  scene.clock.jump(61_000);
  scene.driver.kick();
  await scene.settled(async () => (await scene.state()).hold?.by === "quorum");
  const version = await scene.database.version();
  scene.driver.kick();
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await scene.database.version(), version);
});

test("a counted update that is missing or damaged is asked for again, of its site alone; the round goes on", async (t) => {
  const scene = await Scene.create(t);
  const { model } = scene.sent[0]?.assignment ?? assert.fail("nothing was sent");
  const content = await scene.model(model.sha256);
  const lost = await scene.count("a", content);
  rmSync(scene.spool.path({ run: scene.run, round: 1, site: "a" }, lost.sha256));
  await scene.count("b", content);
  await scene.settled(() => scene.sent.length === 3);
  assert.deepEqual([scene.sent[2]?.site, scene.sent[2]?.assignment.round], ["a", 1]);
  const { stage } = await scene.state();
  assert.deepEqual(stage.kind === "collecting" && stage.counted.map(({ site }) => site), ["b"]);
  await scene.count("a", content);
  await scene.settled(() => scene.sent.some(({ assignment }) => assignment.round === 2));
  await scene.settled(() => !existsSync(dirname(scene.spool.path({ run: scene.run, round: 1, site: "a" }, ""))));
});

test("the uploads of an aborted run go at once", async (t) => {
  const scene = await Scene.create(t);
  await scene.spool.begin({ run: scene.run, round: 1, site: "a" }, "0".repeat(64), 10, false);
  await scene.driver.apply(scene.run, { type: "abort" });
  await scene.settled(async () => (await scene.spool.runs()).length === 0);
});

test("a run that cannot be read is reported once, and the others go on", async (t) => {
  const scene = await Scene.create(t);
  await scene.database.run(
    `INSERT INTO runs (id, created_at, plan, state, updated_at) VALUES ('broken', 0, '{}', '{}', 0)`,
  );
  scene.clock.jump(61_000);
  scene.driver.kick();
  await scene.settled(async () => (await scene.state()).hold?.by === "quorum");
  assert.deepEqual(scene.errors, ["a run cannot be read; the others go on"]);
});

test("an average that was pruned as another run's before it was noted is made again", async (t) => {
  const scene = await Scene.create(t);
  const content = await scene.model(scene.sent[0]?.assignment.model.sha256 ?? "");
  scene.vanishing = 1;
  await scene.count("a", content);
  await scene.count("b", content);
  await scene.settled(async () => scene.errors.length > 0 || (await scene.state()).hold !== null);
  assert.equal((await scene.state()).hold, null);
  assert.equal(await findModel(scene.database, scene.run, 1), undefined);
  await scene.settled(() => scene.clock.next() === scene.clock.now() + 5001);
  scene.clock.advance(5001);
  await scene.settled(async () => (await findModel(scene.database, scene.run, 1)) !== undefined);
  const made = await findModel(scene.database, scene.run, 1);
  assert.deepEqual(await scene.model(made?.sha256 ?? ""), content, "the mean of two equal updates");
});

test("a strategy's state goes from round to round, over a restart in the middle of an averaging as well", async (t) => {
  const scene = await Scene.create(t, { aggregation: { strategy: "fedavgm", momentum: 0.5 } });
  const values = async (round: number): Promise<Float32Array> => {
    const made = await findModel(scene.database, scene.run, round);
    return decodeSafetensors(await scene.model(made?.sha256 ?? "")).weights.data;
  };
  /** Both sites send the round's model with every weight larger by 1. */
  const play = async (round: number): Promise<void> => {
    const { weights } = decodeSafetensors(
      await scene.model((await findModel(scene.database, scene.run, round - 1))?.sha256 ?? ""),
    );
    const update = encodeSafetensors({ specs: weights.specs, data: weights.data.map((value) => value + 1) });
    await scene.count("a", update, round);
    await scene.count("b", update, round);
    await scene.restart();
    await scene.settled(async () => (await findModel(scene.database, scene.run, round)) !== undefined);
  };
  const start = await values(0);
  await play(1);
  await play(2);
  assert.deepEqual(scene.errors, []);
  // By hand, μ = ½ and Δ = 1: m = 1 and w grows by 1 + ½; then m = 1½ and w grows by 1 + ¾.
  for (const [round, growth] of [
    [1, 1.5],
    [2, 3.25],
  ] as const) {
    const made = await values(round);
    for (const [i, value] of made.entries())
      assert.ok(Math.abs(value - (start[i] ?? Number.NaN) - growth) < 1e-5, `${round}: ${value}`);
  }
  assert.equal((await findModel(scene.database, scene.run, 2))?.state.length, 1);
});

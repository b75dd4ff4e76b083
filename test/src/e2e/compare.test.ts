import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { errorOf, House } from "./house.js";

const BIN = fileURLToPath(new URL("../../../packages/site-client/bin/fedace-site.js", import.meta.url));
const GRID = { size: [20, 20, 20], spacing: 8 } as const;
const ROUNDS = 8;
/** Long enough that it is not over when it is killed. */
const LONGER = 80;
const TRAINING = {
  patch: [8, 8, 8] as [number, number, number],
  batch: 2,
  steps: 10,
  optimizer: "sgd" as const,
  holdout: 0.5,
};

/** What `compare --json` prints, as far as it is looked at here. */
interface Compared {
  readonly run: string;
  readonly from: number;
  readonly steps: number;
  readonly seconds: number;
  readonly model: string;
  readonly training: number;
  readonly heldBack: number;
  readonly standing: string;
  readonly figures: readonly {
    readonly class: string;
    readonly metric: string;
    readonly cases: number;
    readonly alone: number;
    readonly joint: number;
    readonly difference: number;
    readonly interval: [number, number] | null;
  }[];
}

/** A run in which one site took part with six cases, and its bundle. */
async function federation(house: House): Promise<{ bundle: string; run: string }> {
  await writePhantomArchive({ dir: house.archive, kind: "tissue", subjects: 6, seed: 1, grid: GRID });
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  const run = await house.run({
    rounds: ROUNDS,
    training: TRAINING,
    aggregation: { average: { kind: "ema", decay: 0.6 } },
  });
  await console.until(/^final score: scored/);
  await site.stop();
  const bundle = join(house.dir, "joint.safetensors");
  const got = await house.coordinator("model", "get", run, "--round", "latest", "--out", bundle);
  assert.equal(got.code, 0, got.err);
  return { bundle, run };
}

const argv = (house: House, bundle: string): string[] => [
  "compare",
  "--model",
  bundle,
  "--archive",
  house.archive,
  "--kind",
  "tissue",
  "--engine",
  "wasm",
  "--threads",
  "1",
];

async function compared(house: House, bundle: string, ...more: string[]): Promise<Compared> {
  const ran = await house.command("alone", ...argv(house, bundle), "--json", ...more);
  assert.equal(ran.code, 0, ran.err);
  return JSON.parse(ran.out) as Compared;
}

/** Compares in a process of its own, and ends it when a round is saved. */
async function ended(
  house: House,
  args: readonly string[],
  round: number,
  signal: "SIGINT" | "SIGKILL",
): Promise<string> {
  const child = spawn(process.execPath, [BIN, ...args, "--data", house.data("alone")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = once(child, "close");
  await roundSaved(join(house.data("alone"), "alone"), round);
  child.kill(signal);
  const [code, by] = (await closed) as [number | null, string | null];
  assert.ok(signal === "SIGKILL" ? by === "SIGKILL" : code !== 0, `it ended by itself: ${said}`);
  return said;
}

test("what taking part brought is compared at the site, survives kills, and nothing of it leaves", async (t) => {
  const house = await House.open(t);
  const { bundle, run } = await federation(house);
  const receipts = join(house.data("alone"), "receipts.jsonl");
  const before = readFileSync(receipts, "utf8");

  await t.test(
    "a site alone in a run learns alone what the run learned, and is scored on what it kept back",
    async () => {
      const result = await compared(house, bundle);
      assert.deepEqual([result.run, result.steps], [run, ROUNDS * TRAINING.steps]);
      assert.deepEqual([result.training, result.heldBack, result.standing], [3, 3, "known"]);
      // The federation of one is the same training: every difference is 0.
      for (const { difference, cases } of result.figures) assert.deepEqual([difference, cases], [0, 3]);
      const metrics = result.figures.filter((one) => one.class === "WM").map(({ metric }) => metric);
      assert.deepEqual(metrics, ["dice", "scanDice", "hd95", "volumeDifference"]);
      assert.ok((result.figures.find((one) => one.class === "WM")?.alone ?? 0) > 0.1, "it learned something");
      // What a plan has for the other sites' sake makes no difference to who trains alone.
      const plan = join(house.dir, "bound.yaml");
      const given = JSON.parse(readFileSync(join(house.dir, "plan.yaml"), "utf8")) as { training: object };
      const bound = { proximal: 5, correction: "control-variates", absentPrior: 2 };
      writeFileSync(plan, JSON.stringify({ ...given, training: { ...given.training, ...bound } }));
      const unbound = await compared(house, bundle, "--plan", plan);
      assert.deepEqual([unbound.from, unbound.model], [0, result.model]);
      const { out: text, err } = await house.command("alone", ...argv(house, bundle));
      assert.match(err, /^alone +all 8 rounds were trained before; both models are scored$/m);
      assert.match(text, /of training \(rounds 1 to 8 in an earlier attempt\)$/m);
      assert.match(
        text,
        /3 to train on, 3 cases kept back and scored; by what this site wrote down, they never trained/,
      );
      assert.match(text, /^WM +alone +joint +change +95 % interval +cases +joint is$/m);
    },
  );

  await t.test("interrupted and killed, it goes on from the last round, with the bits of an unbroken one", async () => {
    const plan = join(house.dir, "plan.yaml");
    const longer = { ...(JSON.parse(readFileSync(plan, "utf8")) as object), rounds: LONGER };
    writeFileSync(plan, JSON.stringify(longer));
    const args = [...argv(house, bundle), "--plan", plan];
    assert.equal((await house.command("alone", "compare", "--remove")).code, 0);
    const said = await ended(house, args, 2, "SIGINT");
    assert.match(said, /^error INTERRUPTED: The command was interrupted; \d+ of 80 rounds are trained\.$/m);
    await ended(house, args, 6, "SIGKILL");
    const resumed = await compared(house, bundle, "--plan", plan);
    assert.ok(resumed.from >= 6 && resumed.from < LONGER, `went on from round ${resumed.from}`);
    const whole = await compared(house, bundle, "--plan", plan, "--restart");
    assert.equal(whole.from, 0);
    assert.equal(resumed.model, whole.model);
    assert.deepEqual(resumed.figures, whole.figures);
    assert.ok(
      whole.figures.some(({ difference }) => difference !== 0),
      "another plan gives another model",
    );
    assert.equal((await house.command("alone", "compare", "--remove")).code, 0);
    assert.deepEqual(readdirSync(join(house.data("alone"), "alone")), []);
  });

  await t.test("an archive that changed, cases that nobody knows, and labels of other classes are named", async () => {
    await compared(house, bundle);
    await writePhantomArchive({ dir: house.archive, kind: "tissue", subjects: 6, seed: 2, grid: GRID });
    assert.equal(errorOf(await house.command("alone", ...argv(house, bundle))), "COMPARE_ARCHIVE_CHANGED");
    const other = await compared(house, bundle, "--restart");
    assert.equal(other.standing, "unknown", "none of these cases was there in the run");
    const text = (await house.command("alone", ...argv(house, bundle))).out;
    assert.match(text, /that they never trained in run \S+ is NOT KNOWN/);

    await house.joined("other");
    const stranger = await house.command("other", ...argv(house, bundle), "--json");
    assert.equal((JSON.parse(stranger.out) as Compared).standing, "absent", stranger.err);
    const lesions = await house.command("other", ...argv(house, bundle), "--kind", "lesion");
    assert.equal(errorOf(lesions), "LABEL_CLASS_UNKNOWN", "a bundle of another label space");
  });
  assert.equal(readFileSync(receipts, "utf8"), before);
});

/** Resolves when a point of training alone is saved whose round is `round` or a later one. */
async function roundSaved(folder: string, round: number): Promise<void> {
  const saved = (): boolean =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("alone.json"))
      .some((name) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as { round: number }).round >= round);
  await new Promise<void>((resolve) => {
    const watchers = new Map<string, ReturnType<typeof watch>>();
    const look = (): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) follow(join(folder, entry.name));
      }
      if (!saved()) return;
      for (const one of watchers.values()) one.close();
      resolve();
    };
    const follow = (path: string): void => {
      if (!watchers.has(path)) watchers.set(path, watch(path, look));
    };
    follow(folder);
    look();
  });
}

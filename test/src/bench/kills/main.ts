/** Kills coordinator and sites at random instants of a run, and compares with the run that nobody disturbed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom, sleep, systemClock } from "@fedace/ace-core/foundation";
import type { Random } from "@fedace/ace-core/foundation";
import { table, textLines } from "@fedace/ace-core/host";
import { watchRun } from "@fedace/deploy/federation";
import type { Benchmark } from "../benchmark.js";
import { killsPlan, Stage } from "./stage.js";
import { verdict } from "./verdict.js";
import type { Verdict } from "./verdict.js";

/** Between two kills, milliseconds: from before a process is up again to after a round that nobody disturbed. */
const PAUSE_MS = { least: 200, most: 4000 };
/** How long who was killed stays away, milliseconds at most. */
const AWAY_MS = 1000;

interface Row {
  readonly kills: ReadonlyMap<string, number>;
  readonly seconds: number;
  readonly verdict: Verdict;
}

/** One run, in which so many processes are killed as long as it goes on. */
async function disturbed(stage: Stage, rounds: number, kills: number, random: Random): Promise<Row> {
  const begin = systemClock.now();
  const run = await stage.start(killsPlan(rounds));
  const over = new AbortController();
  const end = watchRun(stage.data, run, () => undefined).then(() => {
    over.abort();
  });
  const killed = new Map<string, number>();
  for (let left = kills; left > 0; left--) {
    await Promise.race([end, sleep(systemClock, PAUSE_MS.least + random.uniform() * (PAUSE_MS.most - PAUSE_MS.least))]);
    if (over.signal.aborted) break;
    const victim = stage.victims[random.integer(stage.victims.length)];
    if (victim === undefined) break;
    await victim.kill();
    killed.set(victim.name, (killed.get(victim.name) ?? 0) + 1);
    await sleep(systemClock, random.uniform() * AWAY_MS);
    victim.start();
  }
  await end;
  const seconds = (systemClock.now() - begin) / 1000;
  const gone = stage.victims.filter(({ hasEnded }) => hasEnded).map(({ name }) => name);
  if (gone.length > 0) throw new Error(`${gone.join(", ")} ended by itself`);
  return { kills: killed, seconds, verdict: await settled(stage, run, rounds) };
}

/** A site may be writing its last receipt when the run is over, or be on its way back. */
async function settled(stage: Stage, run: string, rounds: number): Promise<Verdict> {
  for (let tries = 0; ; tries++) {
    const found = await verdict(stage, run, rounds);
    if (found.receipts === 0 || tries === 20) return found;
    await sleep(systemClock, 500);
  }
}

const timesKilled = (kills: Row["kills"]): number => [...kills.values()].reduce((sum, times) => sum + times, 0);

async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "5" },
      kills: { type: "string", default: "6" },
      rounds: { type: "string", default: "8" },
      seed: { type: "string", default: "1" },
      keep: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  const random = seededRandom(Number(values.seed));
  const dir = values.keep ?? (await mkdtemp(join(tmpdir(), "fedace-")));
  const stage = await Stage.open(dir);
  try {
    const reference = await disturbed(stage, rounds, 0, random);
    process.stdout.write(
      `undisturbed: ${rounds} rounds, ${reference.verdict.state} in ${reference.seconds.toFixed(0)} s\n`,
    );
    const rows: Row[] = [];
    for (let k = 1; k <= Number(values.runs); k++) {
      const row = await disturbed(stage, rounds, Number(values.kills), random);
      rows.push(row);
      const whom = [...row.kills].map(([name, times]) => `${name} ${times}`).join(", ");
      process.stdout.write(`run ${k}: ${row.verdict.state} in ${row.seconds.toFixed(0)} s, killed: ${whom}\n`);
    }
    report(reference.verdict, rows);
  } finally {
    await stage.close();
    if (values.keep === undefined) await rm(dir, { recursive: true, force: true });
  }
}

function report(reference: Verdict, rows: readonly Row[]): void {
  const same = ({ verdict: found }: Row): number =>
    found.models.filter((sha256, round) => sha256 === reference.models[round]).length;
  const lines = rows.map((row, k) => [
    String(k + 1),
    String(timesKilled(row.kills)),
    row.verdict.state,
    String(row.verdict.lost),
    String(row.verdict.doubled),
    String(row.verdict.receipts),
    `${same(row)} of ${reference.models.length}`,
  ]);
  const head = ["run", "kills", "state", "lost", "doubled", "receipts amiss", "models equal to the bit"];
  process.stdout.write(`\n${textLines([table(head, lines)]).join("\n")}\n`);
  const kills = rows.reduce((sum, row) => sum + timesKilled(row.kills), 0);
  const good = rows.filter(
    (row) =>
      row.verdict.state === "completed" &&
      row.verdict.lost + row.verdict.doubled + row.verdict.receipts === 0 &&
      same(row) === reference.models.length,
  );
  process.stdout.write(`\n${kills} kills in ${rows.length} runs, ${good.length} of them as if there had been none\n`);
  if (good.length !== rows.length) process.exitCode = 1;
}

export const killsBenchmark: Benchmark = {
  summary: "kills coordinator and sites at random instants; the models must be those of a run that nobody disturbed",
  options: [
    "--runs N     with kills, after one without (default 5)",
    "--kills N    in each run, as long as it goes on (default 6)",
    "--rounds N   of each run (default 8)",
    "--seed N     decides who is killed when (default 1)",
    "--keep DIR   keep data folders and logs there",
  ],
  run: bench,
};

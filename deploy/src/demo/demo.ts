import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { duration, table, textLines } from "@fedace/ace-core/host";
import { runCommand, startFederation, watchRun } from "../federation/index.js";
import type { Federation } from "../federation/index.js";
import { writePicture } from "../picture/index.js";
import { demoArchives } from "./archives.js";
import type { DemoArchives } from "./archives.js";
import type { DemoOptions } from "./options.js";
import { demoPlan } from "./plan.js";
import { RoundPrinter } from "./rounds.js";
import { meanDice, scoreArchive } from "./score.js";
import { diceText } from "./text.js";

const say = (line = ""): void => {
  console.log(line);
};

/** Seconds since `start`, a value of `process.hrtime.bigint()`. */
const since = (start: bigint): string => duration(Number(process.hrtime.bigint() - start) / 1e6);

/** The whole demo, from archives to picture. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const begin = process.hrtime.bigint();
  const out = resolve(options.out);
  // The folder is the demo's own: an earlier demo's federation would not be joined twice.
  for (const name of ["archives", "federation", "segmentations"])
    await rm(join(out, name), { recursive: true, force: true });
  await mkdir(join(out, "segmentations"), { recursive: true });

  const archives = await demoArchives(options, join(out, "archives"));
  const kind = options.test === undefined ? "generated brains" : "your archives";
  say(`1/5  Archives    ${kind}, in ${since(begin)}`);
  const bundle = join(out, "joint-model.safetensors");
  await train(options, archives, join(out, "federation"), bundle);
  await test(options, archives, bundle, out);
  say();
  say(`Done in ${since(begin)}. Try: npx fedace-site predict --help`);
}

/** Steps 2 to 4: federation, rounds, bundle. */
async function train(options: DemoOptions, archives: DemoArchives, dir: string, bundle: string): Promise<void> {
  const { sites } = archives;
  const plan = demoPlan(options, sites.length);
  const { failed, fail } = failure();
  const threads = Math.max(1, Math.floor(availableParallelism() / sites.length));
  let federation: Federation | undefined;
  const killAll = (): void => {
    federation?.kill();
    process.exit(130);
  };
  process.once("SIGINT", killAll);
  try {
    federation = await startFederation({ dir, sites, engine: options.engine, threads, onDeath: fail });
    const { coordinatorData } = federation;
    say(`2/5  Federation  coordinator at ${federation.url}; sites ${sites.map(({ name }) => name).join(", ")}`);
    const engines = new Set(await Promise.race([federation.engines, failed]));
    for (const engine of engines) say(`                  each site trains on ${engine}`);
    const run = await federation.startRun(plan);
    const { steps } = plan.training ?? {};
    say(
      `3/5  Training    ${plan.rounds} rounds of ${steps ?? "?"} steps at each site; Dice on cases the sites keep back`,
    );
    say();
    const printer = new RoundPrinter(plan.classes.slice(1), say);
    const view = await Promise.race([
      watchRun(coordinatorData, run, (seen) => {
        printer.show(seen);
      }),
      failed,
    ]);
    say();
    if (view.state !== "completed") throw new Error(`the run ${view.description}: ${view.problem?.message ?? ""}`);
    const get = ["model", "get", run, "--round", "best", "--out", bundle, "--data", coordinatorData];
    await runCommand("coordinator", get);
    await runCommand("coordinator", ["model", "verify", bundle, "--data", coordinatorData]);
    say(`4/5  Model       the best round by the sites' scores, signature verified`);
  } finally {
    await federation?.stop();
    process.off("SIGINT", killAll);
  }
}

/** Step 5: the joint model on brains that no site has seen. */
async function test(options: DemoOptions, archives: DemoArchives, bundle: string, out: string): Promise<void> {
  const { classes, inputs } = demoPlan(options, archives.sites.length);
  const outDir = join(out, "segmentations");
  const cases = await scoreArchive({ archive: archives.test, bundle, classes, inputs, engine: options.engine, outDir });
  const names = classes.slice(1);
  const means = names.map((name) => meanDice(cases, name));
  say(`5/5  Test        Dice on ${cases.length} brains that no site has seen, labelled for everything`);
  say();
  const rows = [
    ...cases.map((scored, i) => [`brain ${i + 1}`, ...names.map((name) => diceText(scored.dice[name]))]),
    ["mean", ...means.map(diceText)],
  ];
  for (const line of textLines([table(["", ...names], rows, { numbers: true, indent: 5 })])) say(line);
  say();
  const [first] = cases;
  if (first === undefined) throw new Error(`no subject in ${archives.test}`);
  const picture = join(out, "joint-model.png");
  const scores = Object.fromEntries(
    names.flatMap((name) => {
      const value = first.dice[name];
      return typeof value === "number" ? [[name, value]] : [];
    }),
  );
  await writePicture({
    images: first.images,
    segmentations: [
      { title: "truth", file: first.truthFile },
      { title: "prediction", file: first.predictionFile },
    ],
    classes,
    scores,
    file: picture,
  });
  say(`     model         ${bundle}`);
  say(`     segmentation  ${first.predictionFile}`);
  say(`     picture       ${picture}`);
}

/** A promise that fails when a process dies, and the function that makes it fail. */
function failure(): { failed: Promise<never>; fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  return { failed, fail };
}

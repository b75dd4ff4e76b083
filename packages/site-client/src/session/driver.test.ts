import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import { Session } from "./driver.js";
import type { SessionParts } from "./driver.js";
import { workFolder } from "./work-folder.js";

const plan = parsePlan({ name: "p", classes: ["a", "b"], inputs: ["T1w"], spacing: [2, 2, 2], rounds: 9 });
const assignment = (round: number): VerifiedAssignment => ({
  jws: "",
  kind: "train",
  site: "here",
  run: "r",
  round,
  plan,
  model: { sha256: "a".repeat(64), bytes: 100 },
  deadline: Infinity,
});

/** A session whose checks of assignments end when the test says so. */
function slowly(changes: Partial<SessionParts> = {}): {
  session: Session;
  checked: Map<string, (assignment: VerifiedAssignment) => void>;
} {
  const checked = new Map<string, (assignment: VerifiedAssignment) => void>();
  const never = (): never => {
    throw new Error("nothing is done without a connection");
  };
  const parts: SessionParts = {
    clock: systemClock,
    logger: silentLogger,
    outbound: {
      allow: () => undefined,
      manifest: never,
      progress: never,
      readModel: never,
      update: never,
      evaluation: never,
      decline: never,
    },
    trainer: { open: never, work: never },
    folder: {
      files: never,
      wasBegun: () => false,
      keepOnly: never,
      discard: () => undefined,
      finish: never,
      restore: never,
      requireRoom: never,
    },
    runs: "runs",
    manifest: { software: "s", labels: { kind: "tissue" }, inputs: ["T1w"], cases: 1, engine: "e" },
    verify: (jws) =>
      new Promise((resolve) => {
        checked.set(jws, resolve);
      }),
    onWelcome: () => undefined,
    ...changes,
  };
  return { session: new Session(parts), checked };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("two assignments in quick succession are taken in their order, however long each is checked", async () => {
  const { session, checked } = slowly();
  const first = session.hear({ name: "assignment", payload: { jws: "first" } });
  const second = session.hear({ name: "assignment", payload: { jws: "second" } });
  await turn();
  checked.get("second")?.(assignment(2));
  await turn();
  checked.get("first")?.(assignment(1));
  await first;
  await turn();
  checked.get("second")?.(assignment(2));
  await second;
  assert.equal(session.state.work?.assignment.round, 2);
});

test("a round that ends while its assignment is checked is not begun", async () => {
  const { session, checked } = slowly();
  void session.hear({ name: "assignment", payload: { jws: "first" } });
  const ended = session.hear({ name: "round.closed", payload: { run: "r", round: 1, reason: "aborted" } });
  await turn();
  checked.get("first")?.(assignment(1));
  await ended;
  assert.equal(session.state.work, null);
});

test("what the coordinator was told of cases follows the archive as it is read for a run, down as well as up", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "fedace-"));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  const model = Buffer.from("a model");
  const sent: string[] = [];
  let found = 0;
  let scored: () => void = () => undefined;
  const { session } = slowly({
    outbound: {
      allow: () => undefined,
      manifest: ({ cases }) => {
        sent.push(`manifest of ${cases}`);
        return Promise.resolve({ site: "here", time: 0 });
      },
      progress: () => Promise.resolve(),
      readModel: () => Promise.resolve(model),
      update: () => Promise.reject(new Error("nothing is trained")),
      evaluation: ({ run }) => {
        sent.push(`score of ${run}`);
        scored();
        return Promise.resolve();
      },
      decline: ({ code }) => Promise.reject(new Error(code)),
    },
    trainer: {
      open: () => Promise.reject(new Error("no engine")),
      work: () => Promise.resolve({ kind: "evaluate", found, evaluation: { cases: 1, dice: {} } }),
    },
    folder: workFolder(root),
    runs: root,
    manifest: { software: "s", labels: { kind: "tissue" }, inputs: ["T1w"], cases: 5, engine: "e" },
    verify: (run) => {
      const sha256 = createHash("sha256").update(model).digest("hex");
      const what = { ...assignment(1), kind: "evaluate", run, model: { sha256, bytes: model.byteLength } } as const;
      return Promise.resolve(what);
    },
  });
  session.send({ type: "connected" });
  for (const [run, cases] of Object.entries({ a: 5, b: 3, c: 3, d: 6 })) {
    found = cases;
    const done = new Promise<void>((resolve) => (scored = resolve));
    await session.hear({ name: "assignment", payload: { jws: run } });
    await done;
  }
  session.stop();
  assert.deepEqual(sent, ["manifest of 5", "score of a", "manifest of 3", "score of b", "score of c", "manifest of 6", "score of d"]); // prettier-ignore
});

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { runCommand, startFederation, watchRun } from "@fedace/deploy/federation";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { RecordingProxy } from "./recording-proxy.js";

/** Length of the pieces of files and voxels that are looked for: long enough never to occur by chance. */
const PIECE_BYTES = 24;

/** Gives the subjects of an archive telling names, with dots, spaces and letters outside of ASCII. */
async function nameSubjects(archive: string, names: readonly string[]): Promise<void> {
  for (const root of [archive, join(archive, "derivatives", "labels")]) {
    for (const [i, name] of names.entries()) {
      const old = `sub-${String(i + 1).padStart(2, "0")}`;
      for (const file of await readdir(join(root, old, "anat")))
        await rename(join(root, old, "anat", file), join(root, old, "anat", file.replace(old, name)));
      await rename(join(root, old), join(root, name));
    }
  }
}

/** Pieces from all over `bytes` that are not constant: with their place, for the message. */
function pieces(bytes: Buffer, what: string): { what: string; piece: Buffer }[] {
  const found: { what: string; piece: Buffer }[] = [];
  for (let at = 0; at + PIECE_BYTES <= bytes.length; at += Math.max(PIECE_BYTES, Math.floor(bytes.length / 400))) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    if (new Set(piece).size >= 8) found.push({ what: `${what} at byte ${at}`, piece });
  }
  return found;
}

/** Every file of an archive, as it is on disk, unpacked, and its voxels as float32. */
async function archivePieces(archive: string): Promise<{ what: string; piece: Buffer }[]> {
  const files = (await readdir(archive, { recursive: true })).filter((name) => name.endsWith(".nii.gz"));
  const all = await Promise.all(
    files.map(async (name) => {
      const packed = await readFile(join(archive, name));
      const raw = gunzipSync(packed);
      const wide = Buffer.from(Float32Array.from(raw.subarray(352)).buffer);
      return [...pieces(packed, `${name}, packed`), ...pieces(raw, name), ...pieces(wide, `${name}, as float32`)];
    }),
  );
  return all.flat();
}

test("nothing of an image, a label, a path or a subject's name reaches the coordinator in a whole run", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "fedace-Privatklinik-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const names = ["sub-Grünwald.Anna 19540317", "sub-Ołów.Piotr 19611102", "sub-PatientNr 20077"];
  const grid = { size: [32, 36, 28], spacing: 4 } as const;
  const sites = [];
  for (const [i, kind] of (["tissue", "lesion"] as const).entries()) {
    const archive = join(dir, `Neuroradiologie Archiv ${kind}`);
    await writePhantomArchive({ dir: archive, kind, subjects: names.length, seed: i, grid });
    await nameSubjects(archive, names);
    sites.push({ name: kind, kind, archive });
  }

  let coordinatorPort = 0;
  const proxy = new RecordingProxy(() => coordinatorPort);
  const failures: Error[] = [];
  const federation = await startFederation({
    dir,
    sites,
    engine: "wasm",
    threads: 1,
    onDeath: (error) => failures.push(error),
    behind: async (port) => {
      coordinatorPort = port;
      return proxy.listen();
    },
  });
  try {
    const run = await federation.startRun({
      name: "privacy",
      classes: ["background", "CSF", "GM", "WM", "lesion"],
      inputs: ["T1w", "FLAIR"],
      spacing: [4, 4, 4],
      model: { preset: "tiny" },
      training: { patch: [16, 16, 16], batch: 2, steps: 2 },
      rounds: 2,
      quorum: { sites: 2, perClass: 1, deadline: "5m" },
    });
    const { state } = await watchRun(federation.coordinatorData, run, () => undefined);
    assert.equal(state, "completed");
    await runCommand("coordinator", [
      "model",
      "get",
      run,
      "--data",
      federation.coordinatorData,
      "--out",
      join(dir, "m"),
    ]);
  } finally {
    await federation.stop();
    await proxy.close();
  }
  assert.deepEqual(failures, []);

  const sent = proxy.recorded();
  // The recording is worth something: both updates of both rounds are in it, and what may be sent is found in it.
  assert.ok(sent.length > 4 * 10_000, `${sent.length} bytes recorded`);
  assert.ok(sent.includes("enc.0.conv.0.weight"));
  assert.ok(sent.includes('"cases"'));

  const words = [
    ...names.flatMap((name) => [name, name.slice(4), ...name.slice(4).split(/[. ]/)]),
    "sub-",
    "anat",
    ".nii",
    "dseg",
    "Neuroradiologie",
    "Privatklinik",
    "archive",
    dir,
    tmpdir(),
    process.cwd(),
    hostname(),
    userInfo().homedir,
  ].filter((word) => word.length >= 4);
  assert.deepEqual(
    words.filter((word) => sent.includes(word) || sent.includes(Buffer.from(word, "utf16le"))),
    [],
  );
  for (const { archive } of sites) {
    const samples = await archivePieces(archive);
    assert.ok(samples.length > 500, `${samples.length} pieces`);
    assert.deepEqual(
      samples.filter(({ piece }) => sent.includes(piece)).map(({ what }) => what),
      [],
    );
  }
});

import assert from "node:assert/strict";
import test from "node:test";
import type { Manifest } from "@fedace/ace-core/protocol";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, greet } from "../testing/federation.js";
import type { Connected } from "../testing/federation.js";
import { atScreen } from "../testing/screen.js";
import { ask } from "../testing/site.js";
import { download, manifest, nextAssignment, numbers, trained, upload } from "../testing/worker.js";

test("run show and run start have each site's labels and volumes side by side, and point at the odd one", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const written: Manifest["labels"] = { values: { 0: "rest", 1: ["WM", "lesion"], 4: ["lesion"], 9: "ignore" } };
  const sites = {
    // 6 cases of 45 000, 75 000 and 60 000 voxels of 8 mm³: 360, 600 and 480 mL.
    good: { labels: { kind: "tissue" }, voxels: { CSF: 270_000, GM: 450_000, WM: 360_000 } },
    // Lesions that were served as tissue: 5 mL of the one value there is.
    odd: { labels: { kind: "tissue" }, voxels: { CSF: 3750, GM: 0, WM: 0 } },
    west: { labels: { kind: "lesion" }, voxels: { lesion: 6000 } },
    wide: { labels: written, voxels: {} },
  } as const;
  const connected: (Connected & { readonly name: keyof typeof sites })[] = [];
  for (const [name, { labels }] of Object.entries(sites)) {
    const one = await greet(coordinator, await coordinator.site(name), manifest("tissue", { labels }));
    t.after(() => one.socket.disconnect());
    connected.push({ ...one, name: name as keyof typeof sites });
  }
  const run = await createRun(coordinator, { rounds: "1", quorum: "{ sites: 4, deadline: 1h }" });
  const begun = await atScreen(coordinator, "", "run", "start", run);
  assert.match(begun.out, /labels of each site, and mL of each class in its mean case\n/);
  assert.match(begun.out, /^ {2}wide +0 rest, 1 WM or lesion, 4 lesion, 9 ignore +– +– +– +–$/m);
  assert.doesNotMatch(begun.out, /look at/);
  const next = connected.map(({ socket }) => nextAssignment(socket));
  for (const { socket, assignment, name } of connected) {
    const given = await assignment;
    const model = await download(socket, given);
    const answer = await upload(socket, given, trained(model, 1), numbers({ cases: 6, voxels: sites[name].voxels }));
    assert.equal(answer.ok, true, name);
  }
  await Promise.all(next);
  const shown = await atScreen(coordinator, "", "run", "show", run);
  assert.match(shown.out, /^ {2}good +tissue +360 +600 +480 +–$/m);
  assert.match(shown.out, /^ {2}odd +tissue +5 +0 +0 +–$/m);
  assert.match(shown.out, /^ {2}west +lesion +– +– +– +8$/m);
  const hint =
    /^look at odd: 5 mL of CSF in its mean case, where 10 to 1000 mL are possible: its label map may be wrong$/m;
  assert.match(shown.out, hint);
  assert.equal(shown.out.match(/^look at /gm)?.length, 3);
  const { labels, odd } = (await coordinator.run("run", "show", run)).json() as {
    labels: { site: string; millilitres: Record<string, number> | null }[];
    odd: { site: string; class: string }[];
  };
  assert.deepEqual(
    labels.map(({ site }) => site),
    ["good", "odd", "west", "wide"],
  );
  assert.deepEqual([labels[2]?.millilitres, labels[3]?.millilitres], [{ lesion: 8 }, {}]);
  assert.deepEqual(
    odd.map((one) => [one.site, one.class]),
    [
      ["odd", "CSF"],
      ["odd", "GM"],
      ["odd", "WM"],
    ],
  );

  await t.test(
    "what a site has shown in one run is known before the next, as long as its labels are the same",
    async () => {
      const second = await createRun(coordinator, { spacing: "[1, 1, 1]" });
      const again = await atScreen(coordinator, "", "run", "start", second);
      assert.match(again.out, /^ {2}good +tissue +360 +600 +480 +–$/m);
      assert.match(again.out, hint);
      const other = connected.find(({ name }) => name === "odd") ?? assert.fail("no such site");
      assert.equal((await ask(other.socket, "manifest", manifest("lesion"))).ok, true);
      const mended = await atScreen(coordinator, "", "run", "show", second);
      assert.match(mended.out, /^ {2}odd +lesion +– +– +– +–$/m);
      assert.doesNotMatch(mended.out, /look at/);
    },
  );
});

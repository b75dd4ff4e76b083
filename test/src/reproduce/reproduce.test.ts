import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { labelSpace, resolveLabelMap, setOf } from "@fedace/ace-core/labels";
import { openNotebook } from "./notebook.js";
import { comparisons, figures } from "./summary.js";
import type { Observation } from "./summary.js";
import { only, overlay } from "./tasks.js";
import { wilcoxon } from "./wilcoxon.js";

test("Wilcoxon's test gives SciPy's exact p, counts ties out, and leaves zeros out", () => {
  // scipy.stats.wilcoxon([1, 2, 3, 4, 5, -6, 7, 8, 9, 10], mode="exact"): W = 6; 14 of 1024 sets of ranks sum to 6 or less.
  assert.equal(wilcoxon([1, 2, 3, 4, 5, -6, 7, 8, 9, 10]), 28 / 1024);
  assert.equal(wilcoxon([1, 2, 3, 4, 5, 0]), 2 / 32);
  // Ranks 1.5, 1.5, 3: of the 8 sets of signs one has 0 and two have 1.5 as the sum of its positive ranks.
  assert.equal(wilcoxon([-1, 1, 2]), 6 / 8);
  assert.equal(wilcoxon([0, 0]), null);
  // All of 60 positive: z = −915 / √(Σ r² / 4), in closed form, is beyond the normal's reach of 10⁻¹⁰.
  const p = wilcoxon(Array.from({ length: 60 }, (_, i) => i + 1)) ?? 1;
  assert.ok(p > 0 && p < 1e-10);
});

const heads = (method: "ace" | "naive-ce", seed: number, values: readonly number[]): Observation[] =>
  values.map((value, i) => {
    return { scenario: "s", method, seed, test: "joint", case: i + 1, class: "GM", metric: "dice", value };
  });

test("a figure is the mean over heads of each head's mean over the seeds; methods are compared head by head", () => {
  const all = [
    ...heads("ace", 0, [0.8, 0.6]),
    ...heads("ace", 1, [0.9, 0.7]),
    ...heads("naive-ce", 0, [0.1, 0.2]),
    ...heads("naive-ce", 1, [0.1, 0.2]),
  ];
  const near = (value: number | null | undefined, other: number): void => {
    assert.ok(Math.abs((value ?? NaN) - other) < 1e-12, `${value} is ${other}`);
  };
  const [ace] = figures(all);
  assert.deepEqual([ace?.cases, ace?.seeds], [2, 2]);
  near(ace?.mean, 0.75);
  near(ace?.deviation, Math.sqrt(0.02));
  near(ace?.seedDeviation, Math.sqrt(0.005));
  const [pair] = comparisons(all);
  assert.deepEqual([pair?.first, pair?.second, pair?.cases, pair?.p], ["ace", "naive-ce", 2, 0.5]);
  near(pair?.difference, 0.6);
});

test("a network of one task sees its own classes alone, and lesions lie over tissue", () => {
  const classes = ["background", "CSF", "GM", "WM", "oedema", "core"];
  const values = { 0: "rest", 1: ["oedema"], 2: ["core"], 9: "ignore" } as const;
  const labelMap = resolveLabelMap({ values }, labelSpace(classes));
  const { labelMap: own } = only({ name: "tumour", labelMap, cases: [] }, [4, 5]);
  assert.deepEqual(own.space.classes, ["background", "oedema", "core"]);
  assert.deepEqual(own.sets, [setOf(0), setOf(1), setOf(2), setOf(0, 1, 2)]);
  assert.deepEqual(
    [own.foreground, own.annotated],
    [
      [1, 2],
      [0, 1, 2],
    ],
  );
  const tissue = Uint8Array.from([0, 1, 2, 3]);
  const tumour = Uint8Array.from([4, 0, 5, 0]);
  assert.deepEqual([...overlay([tissue, tumour], classes)], [4, 1, 5, 3]);
  assert.deepEqual([...overlay([tumour, tissue], classes)], [4, 1, 5, 3]);
});

test("what is finished is there when it is started again, and other settings are refused", async () => {
  const dir = await mkdtemp(join(tmpdir(), "reproduce-"));
  try {
    const first = await openNotebook(dir, { seeds: 1 });
    assert.equal(await first.read("a.ace.0"), undefined);
    const entry = { engine: "plain", seconds: 1, values: [], rounds: [{ round: 1, dice: { GM: 0.5 } }] };
    await first.write("a.ace.0", entry);
    assert.deepEqual(await (await openNotebook(dir, { seeds: 1 })).read("a.ace.0"), entry);
    await assert.rejects(openNotebook(dir, { seeds: 2 }), /other settings/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { poolFigures } from "./index.js";
import type { SiteFigure } from "./index.js";

/** From SciPy, in closed form and by drawing: fixtures/metrics/generate-intervals.py. */
const fixture = JSON.parse(readFileSync(new URL("../../fixtures/metrics/intervals.json", import.meta.url), "utf8")) as {
  sites: SiteFigure[];
  mean: number;
  student: [number, number];
  bootstrap: [number, number];
  expanded: [number, number];
}[];
const UNBOUNDED = { least: -Infinity, most: Infinity };

test("from sites' numbers of cases, means and deviations follow the mean and interval of all their cases", () => {
  for (const { sites, mean, student } of fixture) {
    const pooled = poolFigures(sites, UNBOUNDED);
    assert.ok(Math.abs((pooled?.mean ?? NaN) - mean) < 1e-12);
    assert.equal(
      pooled?.cases,
      sites.reduce((sum, { cases }) => sum + cases, 0),
    );
    for (const [i, bound] of student.entries()) {
      const mine = pooled.interval?.[i] ?? NaN;
      assert.ok(Math.abs(mine - bound) < 1e-5 * Math.abs(student[1] - student[0]), `${mine} instead of ${bound}`);
    }
  }
});

test("the interval is that of resampled cases: of many to 2 % of its width, of six or more within 12 % of the expanded one", () => {
  const off = (drawn: readonly [number, number], sites: readonly SiteFigure[]): number => {
    const { interval } = poolFigures(sites, UNBOUNDED) ?? {};
    const width = drawn[1] - drawn[0];
    return Math.max(...drawn.map((bound, i) => Math.abs((interval?.[i] ?? NaN) - bound) / width));
  };
  const count = ({ sites }: (typeof fixture)[number]): number => sites.reduce((sum, { cases }) => sum + cases, 0);
  const [some, many] = [fixture.filter((one) => count(one) >= 6), fixture.filter((one) => count(one) >= 100)];
  assert.deepEqual([some.length, many.length], [6, 2]);
  for (const { sites, bootstrap } of many) assert.ok(off(bootstrap, sites) < 0.02);
  for (const { sites, expanded } of some) assert.ok(off(expanded, sites) < 0.12, String(off(expanded, sites)));
});

test("an interval ends at the metric's bounds; one case, or a site that does not say how its cases differ, has none", () => {
  const good = { cases: 2, mean: 0.95, deviation: 0.04 };
  assert.equal(poolFigures([good], { least: 0, most: 1 })?.interval?.[1], 1);
  assert.deepEqual(poolFigures([{ cases: 1, mean: 0.9, deviation: 0 }], UNBOUNDED), {
    mean: 0.9,
    cases: 1,
    interval: null,
  });
  const silent = { cases: 6, mean: 0.55, deviation: undefined };
  const { mean, cases, interval } = poolFigures([good, silent], UNBOUNDED) ?? {};
  assert.ok(Math.abs((mean ?? 0) - 0.65) < 1e-12);
  assert.deepEqual([cases, interval], [8, null]);
  assert.equal(poolFigures([], UNBOUNDED), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Volume } from "../archive/index.js";
import { classVolumes, labelTable } from "./volumes.js";

const GRID = { size: [2, 3, 1] as const, affine: [0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 4, 0] };

test("volumes are voxels times the determinant of the affine, in millilitres", () => {
  const volumes = classVolumes(new Volume(GRID, Uint8Array.from([0, 1, 1, 2, 1, 0])), [
    "background",
    "CSF",
    "GM",
    "WM",
  ]);
  assert.deepEqual(
    volumes.map(({ label, name, voxels, millilitres }) => [label, name, voxels, Number(millilitres.toFixed(9))]),
    [
      [1, "CSF", 3, 0.036],
      [2, "GM", 1, 0.012],
      [3, "WM", 0, 0],
    ],
  );
  assert.equal(
    labelTable(volumes),
    "index\tname\tvoxels\tvolume_ml\n1\tCSF\t3\t0.036\n2\tGM\t1\t0.012\n3\tWM\t0\t0.000\n",
  );
});

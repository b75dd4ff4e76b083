import type { Random } from "@fedace/ace-core/foundation";
import { drawAnatomy } from "./anatomy.js";
import { DEFAULT_PHANTOM_GRID, TISSUES, voxelPosition, type Head, type PhantomGrid } from "./grid.js";
import { drawLesions } from "./lesions.js";

/** Draws one head, with white-matter lesions or without. */
export function drawHead(random: Random, withLesions: boolean, grid: PhantomGrid = DEFAULT_PHANTOM_GRID): Head {
  const [x, y, z] = grid.size;
  const voxels = x * y * z;
  const anatomy = drawAnatomy(random.fork("anatomy"));
  const mask = new Uint8Array(voxels);
  const shares = {
    CSF: new Float32Array(voxels),
    GM: new Float32Array(voxels),
    WM: new Float32Array(voxels),
    L: new Float32Array(voxels),
  };
  /** Distances in mm, kept where lesions are placed. */
  const white = new Float32Array(voxels).fill(-Infinity);
  const ventricles = new Float32Array(voxels).fill(-Infinity);
  /** Share of a voxel inside a surface at this signed distance. */
  const inside = (distance: number): number => Math.min(1, Math.max(0, 0.5 + distance / grid.spacing));
  for (let k = 0, v = 0; k < z; k++) {
    for (let j = 0; j < y; j++) {
      for (let i = 0; i < x; i++, v++) {
        const at = anatomy(voxelPosition(grid, i, j, k));
        if (at.brain <= 0) continue;
        mask[v] = 1;
        white[v] = at.white;
        ventricles[v] = at.ventricles;
        const solid = inside(at.parenchyma) * (1 - inside(at.ventricles));
        const wm = Math.min(solid, inside(at.white));
        shares.CSF[v] = 1 - solid;
        shares.GM[v] = solid - wm;
        shares.WM[v] = wm;
      }
    }
  }
  if (withLesions) drawLesions(random.fork("lesions"), grid, { white, ventricles }, shares);
  return { grid, mask, shares };
}

/** The tissue with the largest share of each voxel: 1 to 4 in the order of {@link TISSUES}, 0 outside the brain. */
export function trueLabels(head: Head): Uint8Array {
  const labels = new Uint8Array(head.mask.length);
  for (let v = 0; v < labels.length; v++) {
    if (head.mask[v] === 0) continue;
    let best = -1;
    TISSUES.forEach((tissue, t) => {
      const share = head.shares[tissue][v] ?? 0;
      if (share > best) {
        best = share;
        labels[v] = t + 1;
      }
    });
  }
  return labels;
}

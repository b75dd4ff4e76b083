import type { Random } from "@fedace/ace-core/foundation";
import { drawAnatomy } from "./anatomy.js";
import { DEFAULT_PHANTOM_GRID, inside, noShares, TISSUES, voxelPosition, type Head, type PhantomGrid } from "./grid.js";
import type { Tissue } from "./grid.js";
import { drawLesions } from "./lesions.js";
import { drawTumour, growTumour } from "./tumour.js";

/** What a head has beside its tissue: white-matter lesions, or a tumour with oedema that pushes the tissue around it away. */
export type Disease = "none" | "lesions" | "tumour";

/** Draws one head. */
export function drawHead(random: Random, disease: Disease, grid: PhantomGrid = DEFAULT_PHANTOM_GRID): Head {
  const [x, y, z] = grid.size;
  const voxels = x * y * z;
  const anatomy = drawAnatomy(random.fork("anatomy"));
  const tumour = disease === "tumour" ? drawTumour(random.fork("tumour"), anatomy) : undefined;
  const mask = new Uint8Array(voxels);
  const shares = noShares(voxels);
  /** Distances in mm, kept where lesions are placed. */
  const white = new Float32Array(voxels).fill(-Infinity);
  const ventricles = new Float32Array(voxels).fill(-Infinity);
  for (let k = 0, v = 0; k < z; k++) {
    for (let j = 0; j < y; j++) {
      for (let i = 0; i < x; i++, v++) {
        const p = voxelPosition(grid, i, j, k);
        const at = anatomy(tumour?.before(p) ?? p);
        if (at.brain <= 0) continue;
        mask[v] = 1;
        white[v] = at.white;
        ventricles[v] = at.ventricles;
        const solid = inside(at.parenchyma, grid) * (1 - inside(at.ventricles, grid));
        const wm = Math.min(solid, inside(at.white, grid));
        shares.CSF[v] = 1 - solid;
        shares.GM[v] = solid - wm;
        shares.WM[v] = wm;
        if (tumour !== undefined) growTumour(tumour, p, v, grid, shares);
      }
    }
  }
  if (disease === "lesions") drawLesions(random.fork("lesions"), grid, { white, ventricles }, shares);
  return { grid, mask, shares };
}

/** The tissue with the largest share of each voxel; undefined outside the brain. */
export function tissueAt(head: Head, v: number): Tissue | undefined {
  if (head.mask[v] === 0) return undefined;
  return TISSUES.reduce((best, tissue) =>
    (head.shares[tissue][v] ?? 0) > (head.shares[best][v] ?? 0) ? tissue : best,
  );
}

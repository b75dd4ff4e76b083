import type { Random } from "@fedace/ace-core/foundation";
import { TISSUES, voxelPosition, type Head, type Tissue } from "./grid.js";
import { waveField } from "./shapes.js";

/** Mean intensity of each tissue in one contrast; what is left out follows from the white matter's. */
type Contrast = Readonly<Record<(typeof COMMON)[number], number>>;
const COMMON = ["CSF", "GM", "WM", "L"] as const satisfies readonly Tissue[];

/** Intensity of a tumour's parts as multiples of the white matter's, T1w after gadolinium and FLAIR. */
const TUMOUR = {
  T1w: { oedema: 0.74, necrosis: 0.5, rim: 1.12 },
  FLAIR: { oedema: 1.6, necrosis: 0.8, rim: 1.35 },
} as const;

/** What makes the images of one site unlike those of another. */
export interface Scanner {
  readonly T1w: Contrast;
  readonly FLAIR: Contrast;
  /** Standard deviation of the noise, as a share of the white matter's mean. */
  readonly noise: number;
  /** Largest deviation of the receive field from 1. */
  readonly bias: number;
}

/** Three sites, in arbitrary units. */
export const SCANNERS = {
  A: {
    T1w: { CSF: 42, GM: 96, WM: 138, L: 104 },
    FLAIR: { CSF: 28, GM: 102, WM: 88, L: 146 },
    noise: 0.04,
    bias: 0.12,
  },
  B: {
    T1w: { CSF: 70, GM: 150, WM: 205, L: 160 },
    FLAIR: { CSF: 52, GM: 150, WM: 132, L: 205 },
    noise: 0.05,
    bias: 0.18,
  },
  C: {
    T1w: { CSF: 260, GM: 540, WM: 800, L: 620 },
    FLAIR: { CSF: 90, GM: 330, WM: 270, L: 470 },
    noise: 0.045,
    bias: 0.15,
  },
} as const satisfies Readonly<Record<string, Scanner>>;

/** Relative standard deviation of a tissue's mean from one subject to the next. */
const SUBJECT_VARIATION = 0.03;
/** Relative variation of the signal within a tissue. */
const TEXTURE = 0.03;

/**
 * Scans a head in one contrast: tissue means by their shares of a voxel, slow variation within tissue, a smooth
 * receive field, Gaussian noise. Values are whole numbers, at least 1 inside the brain and 0 outside.
 */
export function scanHead(head: Head, sequence: "T1w" | "FLAIR", scanner: Scanner, random: Random): Int16Array {
  const contrast: Contrast = scanner[sequence];
  const varied = (mean: number, draw: Random): number => mean * (1 + SUBJECT_VARIATION * draw.normal());
  const common = new Map<Tissue, number>(COMMON.map((tissue) => [tissue, varied(contrast[tissue], random)]));
  const tumour = random.fork("tumour");
  const growths = Object.entries(TUMOUR[sequence]).map(([name, ratio]) => [name, varied(ratio * contrast.WM, tumour)]);
  const all = new Map<string, number>([...common, ...(growths as [string, number][])]);
  const means = TISSUES.map((tissue) => all.get(tissue) ?? 0);
  const field = waveField(random, 150, 3);
  const texture = waveField(random, 22, 8);
  const sigma = scanner.noise * contrast.WM;
  const image = new Int16Array(head.mask.length);
  const [x, y] = head.grid.size;
  for (let v = 0; v < image.length; v++) {
    if (head.mask[v] === 0) continue;
    const p = voxelPosition(head.grid, v % x, Math.floor(v / x) % y, Math.floor(v / (x * y)));
    let signal = 0;
    TISSUES.forEach((tissue, t) => {
      signal += (head.shares[tissue][v] ?? 0) * (means[t] ?? 0);
    });
    // Three waves of amplitude 1/√3 sum to at most √3.
    const gain = 1 + (scanner.bias * field.value(p)) / Math.sqrt(3);
    image[v] = Math.max(1, Math.round(signal * gain * (1 + TEXTURE * texture.value(p)) + sigma * random.normal()));
  }
  return image;
}

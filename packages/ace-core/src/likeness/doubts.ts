import { JOINT_BINS } from "../protocol/index.js";
import type { ImageFigures } from "../protocol/index.js";

type Pair = ImageFigures["pairs"][number];

/** No scanner's image has fewer distinct values in a brain: label images with all of FreeSurfer's have some forty. */
const LEAST_VALUES = 16;
/** Images have more than this; with fewer, and a quarter of what the others have, it is another kind of image. */
const USUAL_VALUES = 64;
const LEAST_PART_OF_VALUES = 1 / 4;
/** Two images of one head have at least this part of what others have in common; those of two heads a tenth. */
const LEAST_TOGETHER = 0.3;
/** Where less than this is in common, in nats, it tells nothing. */
const TELLING_TOGETHER = 0.05;
/** How far a joint histogram must be from its mirror image, of its length, to tell two images apart at all. */
const TELLING_SKEW = 0.12;
/** From here on a histogram leans the other way. */
const SWAPPED = -0.65;

/**
 * What speaks against a head's images being what they are given as. The thresholds are measured: README says on what, and
 * what they find there.
 *
 * @param head its figures
 * @param known those of other heads, whose images are what they are called; undefined where nothing is known
 * @param whose what these are called, as in "the model's training cases"
 */
export function imageDoubts(head: ImageFigures, known: ImageFigures | undefined, whose: string): string[] {
  const few = Object.entries(head.distinct).flatMap(([input, { bits }]): [string, string][] => {
    const usual = known?.distinct[input]?.bits;
    const values = Math.round(2 ** bits);
    const fewer = usual !== undefined && bits < usual + Math.log2(LEAST_PART_OF_VALUES);
    if (values >= (fewer ? USUAL_VALUES : LEAST_VALUES)) return [];
    const has = values === 1 ? "a single value" : `only ${values} different values`;
    const others = usual === undefined ? "" : ` (${whose}: about ${Math.round(2 ** usual)})`;
    return [[input, `${input} has ${has} inside the brain${others}: is it a label image?`]];
  });
  const doubted = new Set(few.map(([input]) => input));
  const pairs = head.pairs.flatMap((pair) => {
    const same = known?.pairs.find(({ inputs }) => inputs.every((input, i) => input === pair.inputs[i]));
    if (same === undefined || pair.inputs.some((input) => doubted.has(input))) return [];
    return pairDoubts(pair, same, whose);
  });
  return [...few.map(([, text]) => text), ...pairs];
}

function pairDoubts(pair: Pair, known: Pair, whose: string): string[] {
  const both = pair.inputs.join(" and ");
  const part = pair.together / known.together;
  if (known.together >= TELLING_TOGETHER && part < LEAST_TOGETHER) {
    return [
      `${both} do not seem to be of one head, or do not lie on each other: at the same place they have ${(100 * Math.max(0, part)).toFixed(0)} % as much in common as in ${whose}`,
    ];
  }
  const [own, usual] = [skewOf(pair.joint), skewOf(known.joint)];
  if (usual.share < TELLING_SKEW) return [];
  const likeness = dot(own.skew, usual.skew) / Math.max(Number.MIN_VALUE, length(own.skew) * length(usual.skew));
  if (likeness > SWAPPED) return [];
  return [
    `${both} seem to be swapped: which of the two is brighter where agrees with ${whose} by ${likeness.toFixed(2)} (1: as there, -1: the other way round)`,
  ];
}

/** What of a joint histogram would change its sign if the two images were swapped, and how much of the whole that is. */
function skewOf(joint: readonly number[]): { readonly skew: readonly number[]; readonly share: number } {
  const smooth = smoothed(smoothed(joint));
  const mirror = transposed(smooth);
  const skew = smooth.map((count, bin) => (count - (mirror[bin] ?? 0)) / 2);
  return { skew, share: length(skew) / Math.max(Number.MIN_VALUE, length(smooth)) };
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, bin) => total + value * (b[bin] ?? 0), 0);
const length = (a: readonly number[]): number => Math.sqrt(dot(a, a));

/** Each row's bins mixed with their neighbours by ¼, ½, ¼, and rows and columns exchanged: twice makes both axes smooth. */
function smoothed(joint: readonly number[]): number[] {
  const mixed = joint.map((count, at) => {
    const row = at - (at % JOINT_BINS);
    const [before, after] = [Math.max(row, at - 1), Math.min(row + JOINT_BINS - 1, at + 1)];
    return ((joint[before] ?? 0) + 2 * count + (joint[after] ?? 0)) / 4;
  });
  return transposed(mixed);
}

function transposed(joint: readonly number[]): number[] {
  return joint.map((_, at) => joint[(at % JOINT_BINS) * JOINT_BINS + Math.floor(at / JOINT_BINS)] ?? 0);
}

import { siteError } from "../errors.js";
import { commonestBorderValue } from "./border.js";
import { requireOneGrid, type Volume } from "./volume.js";

/**
 * A brain-extracted image is 0 in half of its voxels or more. With fewer zeros than this share, the head was not
 * extracted and zero means nothing.
 */
const LEAST_ZERO_SHARE = 0.01;
/** A value other than 0 is the background where it takes this share of the border: noise or anatomy never does. */
const LEAST_BORDER_SHARE = 0.5;
/** Inside a padded border, 0 is background as well where it takes this share of what the padding leaves. */
const LEAST_INNER_ZERO_SHARE = 0.25;
/** A mask is 1 inside; resampling leaves fractions at its edge and rounding errors everywhere. */
const INSIDE = 0.5;

/** A brain mask (1 inside) and how it came about. */
export interface Brain {
  readonly mask: Volume<Uint8Array>;
  readonly from: "mask" | "non-zero" | "border value" | "whole image";
  readonly notes: readonly string[];
}

/** A mask file: not 0 inside, in some rounding. */
export interface NamedMask {
  readonly name: string;
  readonly volume: Volume;
}

/** Whether a voxel of a mask file lies inside. */
export function isInside(value: number | undefined): boolean {
  return value !== undefined && value >= INSIDE;
}

/**
 * The brain: where a given mask is 0.5 or more; else where the first image is not its background (negative voxels are
 * brain): the value that fills its border, or 0; else, where there is no background, the whole image.
 * @param name of the first image, in messages
 * @throws CASE_BLANK for a mask that is empty, and for an image of one value
 */
export function findBrain(first: Volume, name: string, given?: NamedMask): Brain {
  if (given !== undefined) return givenBrain(first, given);
  const { data } = first;
  const [some] = data;
  if (data.every((value) => value === some)) {
    throw siteError("CASE_BLANK", `${name}: all ${data.length} voxels are ${some ?? 0}, so there is no brain`);
  }
  const border = commonestBorderValue(first);
  if (border.value !== 0 && border.share >= LEAST_BORDER_SHARE) {
    const rest = data.reduce((count, value) => count + Number(value !== border.value), 0);
    const zeros = countZeros(data);
    const alsoZero = zeros > 0 && zeros >= LEAST_INNER_ZERO_SHARE * rest;
    const value = Number(border.value.toPrecision(6));
    return {
      mask: first.with(Uint8Array.from(data, (v) => Number(v !== border.value && !(alsoZero && v === 0)))),
      from: "border value",
      notes: [`its border holds ${value}, which is taken as the background${alsoZero ? ", and so is 0" : ""}`],
    };
  }
  if (countZeros(data) >= LEAST_ZERO_SHARE * data.length) {
    return { mask: first.with(Uint8Array.from(data, (v) => Number(v !== 0))), from: "non-zero", notes: [] };
  }
  return {
    mask: first.with(new Uint8Array(data.length).fill(1)),
    from: "whole image",
    notes: [
      "hardly any voxel is 0, so the whole image counts as brain; was the brain extracted? If not, a brain mask beside it helps, or --mask in predict",
    ],
  };
}

function givenBrain(first: Volume, { name, volume }: NamedMask): Brain {
  requireOneGrid(first, volume);
  const mask = volume.with(Uint8Array.from(volume.data, (value) => Number(isInside(value))));
  if (!mask.data.includes(1)) {
    throw siteError("CASE_BLANK", `${name}: no voxel is ${INSIDE} or more, so the brain mask is empty`);
  }
  return { mask, from: "mask", notes: [] };
}

function countZeros(data: Float32Array): number {
  let zeros = 0;
  for (const value of data) if (value === 0) zeros++;
  return zeros;
}

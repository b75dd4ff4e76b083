import { z } from "zod";
import { LIMITS } from "./limits.js";

/** Bins of a joint histogram along each of its two images: half a standard deviation each, from −4 to 4. */
export const JOINT_BINS = 16;
/** What the numbers of a joint histogram add up to, but for their rounding. */
export const JOINT_TOTAL = 10_000;
/** More distinct values than 2 to this power are not counted. */
export const MOST_BITS = 12;

const cases = z.int().min(1).max(LIMITS.cases);
const input = z.string().max(32);

/**
 * What the images of many heads look like, as means over their cases: from them nobody's image follows, but that a scan's
 * images are other ones, are swapped, or are not of one head.
 */
export const imageFiguresSchema = z.strictObject({
  /** Per image, how many distinct values the voxels of a brain have: the logarithm to the base 2. */
  distinct: z.record(input, z.strictObject({ cases, bits: z.number().min(0).max(MOST_BITS) })),
  /** Of two images that the same cases have, in the plan's order. */
  pairs: z
    .array(
      z.strictObject({
        inputs: z.tuple([input, input]),
        cases,
        /** Their mutual information in nats, less what is left of it where one is moved by 4 mm. */
        together: z.number().min(-3).max(3),
        /** Ten-thousandths of the brain's voxels by the z-scores of both, one row for each bin of the first. */
        joint: z
          .array(z.int().min(0).max(JOINT_TOTAL))
          .length(JOINT_BINS ** 2)
          .refine((bins) => Math.abs(bins.reduce((a, b) => a + b, 0) - JOINT_TOTAL) <= JOINT_BINS ** 2, "add up to 1"),
      }),
    )
    .max(120),
});
export type ImageFigures = z.output<typeof imageFiguresSchema>;

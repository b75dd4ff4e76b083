import { z } from "zod";
import { MAX_CLASSES } from "../labels/index.js";
import {
  ARCHITECTURE_NAMES,
  evaluationSchema,
  imageFiguresSchema,
  missingClasses,
  NORM_NAMES,
  planSchema,
  pooledSchema,
  pooledTable,
  siteNameSchema,
} from "../protocol/index.js";
import type { Plan } from "../protocol/index.js";

/**
 * What was done to every training image, and must be done to an image before the model sees it. The words name one
 * recipe of preparing images, exactly: whoever changes what is done adds new words, and keeps the old for the models
 * trained by it. The grid holds the voxel nearest to the world's origin; voxels beyond the brain's 0.5 and 99.5
 * percentiles by more than their distance are cut off.
 */
export const NORMALISATION =
  "z-score inside the brain after cutting off outliers, brain = where the first input is not its background or a given mask, 0 outside, grid through the world's origin";
/** As it was done by FedACE 0.1: the grid began at the image's first voxel, and outliers were left. */
const NORMALISATION_1 =
  "z-score inside the brain, brain = non-zero voxels of the first input or a given mask, 0 outside";
/** Axes that images are brought to: the first runs to the right, the second to the front, the third upwards. */
const ORIENTATION = "RAS";
const USAGE = "Research use only; not a medical device.";

const className = z.string().max(32);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Where a model comes from and what it needs: the JSON inside a bundle. */
export const modelCardSchema = z.strictObject({
  version: z.literal(1),
  /** Name and version of the software that published the model. */
  product: z.string().min(1).max(64),
  run: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  plan: planSchema,
  /** The round whose average this is; 0 is the initial model. */
  round: z.int().min(0),
  /** ISO 8601. */
  created: z.iso.datetime(),
  /** In the order of the logits, background first. */
  classes: z.array(className).min(2).max(MAX_CLASSES),
  preprocessing: z.strictObject({
    /** Images in the order of the network's channels. */
    inputs: z.array(z.string().max(32)).min(1).max(16),
    /** mm along R, A, S. */
    spacing: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
    orientation: z.literal(ORIENTATION),
    normalisation: z.enum([NORMALISATION, NORMALISATION_1]),
  }),
  /** The network with every field written out. */
  model: z.strictObject({
    architecture: z.enum(ARCHITECTURE_NAMES).default("unet"),
    filters: z.int().min(1),
    levels: z.int().min(1),
    blocks: z.int().min(1),
    norm: z.enum(NORM_NAMES),
    groups: z.int().min(1),
  }),
  /** Side lengths of a training patch in voxels along R, A, S. */
  patch: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  /** The sites whose updates are in it, by the names the coordinator knows them by. */
  sites: z.array(
    z.strictObject({ name: siteNameSchema, annotated: z.array(className).max(MAX_CLASSES), cases: z.int().min(0) }),
  ),
  /** Mean Dice on each site's held-back cases, null where the site cannot assess the class. */
  scores: z.array(
    z.strictObject({
      site: siteNameSchema,
      cases: z.int().min(0),
      dice: z.record(className, z.number().min(0).max(1).nullable()),
      /** These cases were trained on in other rounds: the site has too few to keep any back for good. */
      seen: z.boolean().optional(),
      /** The other metrics of the table, by metric and class. */
      metrics: evaluationSchema.shape.metrics,
      /** Over how many cases each figure is the mean, and their standard deviation, where the site said so. */
      spread: evaluationSchema.shape.spread,
      /** By metric, the classes of which the site keeps its figures to itself: they are over too few cases. */
      withheld: evaluationSchema.shape.withheld,
    }),
  ),
  /** The figures of all sites as one, by their cases, with a bootstrap interval. */
  pooled: pooledSchema.optional(),
  /** Classes that no site could assess: nothing is known of how well the model finds them. */
  unassessed: z.array(className).max(MAX_CLASSES).optional(),
  /** What the images of the training cases look like, by which `predict` doubts a scan's. */
  images: imageFiguresSchema.optional(),
  /** SHA-256 of the values of all tensors as they lie in the file. */
  tensors: sha256,
  usage: z.string().max(256),
});
export type ModelCard = z.output<typeof modelCardSchema>;

/** What a publisher has to say; the rest of a card follows from it. */
export type ModelCardInit = Pick<
  ModelCard,
  "product" | "run" | "round" | "created" | "model" | "sites" | "scores" | "tensors"
> & { readonly plan: Plan; readonly images?: ModelCard["images"] };

/** Completes a card from the plan. */
export function modelCard(init: ModelCardInit): ModelCard {
  const { plan, scores } = init;
  const pooled = pooledTable(plan.classes, scores);
  const { unassessed } = missingClasses(plan.classes, scores);
  return modelCardSchema.parse({
    version: 1,
    product: init.product,
    run: init.run,
    plan,
    round: init.round,
    created: init.created,
    classes: plan.classes,
    preprocessing: {
      inputs: plan.inputs,
      spacing: plan.spacing,
      orientation: ORIENTATION,
      normalisation: NORMALISATION,
    },
    model: init.model,
    patch: plan.training.patch,
    sites: init.sites,
    scores,
    // As everything that came later: not written where there is nothing to say.
    ...(Object.keys(pooled).length === 0 ? {} : { pooled }),
    ...(unassessed.length === 0 ? {} : { unassessed }),
    ...(init.images === undefined ? {} : { images: init.images }),
    tensors: init.tensors,
    usage: USAGE,
  });
}

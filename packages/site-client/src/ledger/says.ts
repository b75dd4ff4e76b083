import { z } from "zod";

/** What the receipt of an update says of the file that leaves. */
export const saysSchema = z.strictObject({
  /** What was done to the trained weights before they leave. */
  content: z.literal("weights as trained"),
  /** Optimiser steps of the round. */
  steps: z.int().min(1),
  /** L2 norm of the file's weights minus the model's that the round began with. */
  change: z.number().min(0),
});
export type Says = z.output<typeof saysSchema>;

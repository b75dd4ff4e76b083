/** The classifier of every network: `[1, 1, 1, channels, classes]`; the last axis is one row per class. */
export const HEAD_WEIGHT = "head.weight";
/** The classifier's bias, `[classes]`. */
export const HEAD_BIAS = "head.bias";

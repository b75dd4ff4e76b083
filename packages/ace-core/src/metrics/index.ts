export { diceTable } from "./dice.js";
export { hd95 } from "./hd95.js";
export { IGNORE, masksOf } from "./masks.js";
export type { MaskPair, Size, SpacingMm } from "./masks.js";
export { poolFigures } from "./pool.js";
export type { PooledFigure, SiteFigure } from "./pool.js";
export { FALSE_VOLUME_ML, METRIC_NAMES, metricOf, METRICS, metricTitle } from "./table.js";
export type { Metric, MetricName } from "./table.js";
export { volumeMl } from "./volume.js";

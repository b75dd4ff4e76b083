export { segment } from "./segment.js";
export { simulateRound } from "./simulate.js";
export type { Standing } from "./simulate.js";
export { loadCases, readStudy } from "./study.js";
export type { Cases, Study } from "./study.js";
export { trainFederated, trainPooled } from "./train.js";

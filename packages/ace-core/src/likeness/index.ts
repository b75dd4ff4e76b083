export { imageDoubts } from "./doubts.js";
export { caseFigures, countDistinct } from "./figures.js";
export type { PreparedHead } from "./figures.js";
export { poolImages } from "./pool.js";

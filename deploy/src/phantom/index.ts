export { writePhantomArchive } from "./archive.js";
export type { PhantomArchive, PhantomKind } from "./archive.js";
export { DEFAULT_PHANTOM_GRID } from "./grid.js";
export type { PhantomGrid } from "./grid.js";
export { SCANNERS } from "./scanner.js";
export type { Contrast, Scanner } from "./scanner.js";

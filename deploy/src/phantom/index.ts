export { writePhantomArchive } from "./archive.js";
export type { PhantomKind } from "./archive.js";
export { SCANNERS } from "./scanner.js";
export type { Scanner } from "./scanner.js";

export { compareFigures } from "./figures.js";
export { caseLines, classLines, figureLines } from "./text.js";

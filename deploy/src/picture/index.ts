export { writePicture } from "./picture.js";
export type { PictureOptions } from "./picture.js";

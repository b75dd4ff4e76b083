export { writePicture } from "./picture.js";

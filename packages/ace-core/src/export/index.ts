export { modelCard, NORMALISATION } from "./card.js";
export type { ModelCard, ModelCardInit } from "./card.js";
export {
  assembleBundle,
  bundleHeader,
  bundleOf,
  noBundle,
  readBundle,
  signingPayload,
  tensorsDigest,
} from "./bundle.js";
export type { Bundle, BundleParts } from "./bundle.js";
export { modelCardText } from "./text.js";

export { KERNELS } from "./contracts.js";
export type {
  AceAttributes,
  AdamAttributes,
  GroupNormAttributes,
  MarginalDiceAttributes,
  SgdAttributes,
} from "./contracts.js";

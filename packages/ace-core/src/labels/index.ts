export { labelMapSchema } from "./schema.js";
export type { ClassSet, LabelMap, LabelMapConfig, LabelMeaning, LabelSpace } from "./types.js";

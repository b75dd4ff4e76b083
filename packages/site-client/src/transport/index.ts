export { Connection } from "./connection.js";
export { placeOf } from "./failures.js";
export { requestJoin } from "./join.js";
export { openLine, sealLine } from "./line.js";
export type { Line, SealedLine } from "./line.js";
export { tunnelTo } from "./proxy.js";
export type { ProxySetting } from "./proxy.js";
export { isClockOff, REJECTIONS, rejectionError } from "./rejections.js";

export { backoffMs, FIRST_DELAY_MS, LONGEST_DELAY_MS } from "./backoff.js";
export { Connection, CONNECT_TIMEOUT_MS } from "./connection.js";
export type { ConnectionComponents, ConnectionEvents, ConnectionInit, Incoming } from "./connection.js";
export { networkFailure, placeOf } from "./failures.js";
export { JOIN_TIMEOUT_MS, requestJoin } from "./join.js";
export { openLine, sealLine } from "./line.js";
export type { Line, SealedLine } from "./line.js";
export { clockError, isClockOff, isFatal, rejectionError } from "./rejections.js";
export type { Trust } from "./tls.js";

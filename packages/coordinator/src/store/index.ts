export type { Database, Sql, SqlRow } from "./sql.js";
export { openSqlite } from "./sqlite.js";
export { createDataFolder, dataFolder, requireDataFolder } from "./folder.js";
export type { DataFolder } from "./folder.js";
export { isServed, lockDataFolder } from "./lock.js";
export { isDiskFull } from "./disk.js";
export { fileObjects } from "./objects.js";
export type { ObjectRef, Objects } from "./objects.js";

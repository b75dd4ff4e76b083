export type { Database, Sql, SqlRow, SqlValue } from "./sql.js";
export { openSqlite } from "./sqlite.js";
export { migrate } from "./schema.js";
export { readSetting, writeSetting } from "./settings.js";
export { createDataFolder, dataFolder, requireDataFolder } from "./folder.js";
export type { DataFolder } from "./folder.js";
export { lockDataFolder } from "./lock.js";
export { diskError, isDiskFull } from "./disk.js";
export { fileObjects } from "./objects.js";
export type { ObjectRef, Objects, ObjectWriter } from "./objects.js";
export { integer, integerOrNull, text, textOrNull } from "./row.js";
export {
  findSite,
  forgetConnections,
  joinedSites,
  listSites,
  noteConnection,
  noteInvited,
  noteManifest,
  registerKey,
  revokeSite,
} from "./sites.js";
export type { Site } from "./sites.js";
export { addInvitation, findInvitation, openInvitations, useInvitation } from "./invitations.js";
export type { StoredInvitation } from "./invitations.js";
export { useToken } from "./tokens.js";

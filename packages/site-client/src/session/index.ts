export { announce } from "./announcement.js";
export { Session } from "./driver.js";
export { casesOf } from "./narrate.js";
export { workFolder } from "./work-folder.js";

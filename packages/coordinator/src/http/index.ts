export { listen } from "./listen.js";
export { createRoutes } from "./routes.js";
export { createServer } from "./server.js";

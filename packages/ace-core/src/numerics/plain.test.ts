import { openEngine } from "../engine/index.js";
import { numericSuite } from "./suite.test.helper.js";

numericSuite("plain", async () => {
  const engine = await openEngine({ choice: "plain" });
  return () => engine.close();
});

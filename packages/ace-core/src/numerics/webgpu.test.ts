import { test } from "node:test";
import { listEngines, openEngine } from "../engine/index.js";
import { numericSuite } from "./suite.test.helper.js";

const webgpu = (await listEngines()).find(({ name }) => name === "webgpu");
if (webgpu?.usable === true) {
  numericSuite("webgpu", async () => {
    const engine = await openEngine({ choice: "webgpu" });
    return () => engine.close();
  });
} else {
  test("the numeric suite on the webgpu engine", { skip: webgpu?.reason ?? "not listed" });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { listEngines, openEngine } from "../engine/index.js";
import { numericSuite } from "./suite.test.helper.js";

const [tensorflow] = await listEngines();
assert.equal(tensorflow?.name, "tensorflow");
if (tensorflow.usable) {
  numericSuite("tensorflow", async () => {
    const engine = await openEngine({ choice: "tensorflow" });
    return () => engine.close();
  });
} else {
  test("the numeric suite on the tensorflow engine", { skip: tensorflow.reason });
}

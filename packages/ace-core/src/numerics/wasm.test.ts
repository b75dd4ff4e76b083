import { openEngine } from "../engine/index.js";
import { numericSuite } from "./suite.test.helper.js";

for (const threads of [1, 2]) {
  numericSuite(`wasm, ${threads} thread${threads > 1 ? "s" : ""}`, async () => {
    const engine = await openEngine({ choice: "wasm", threads });
    return () => engine.close();
  });
}

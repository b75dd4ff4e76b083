import { wasmDriver } from "../engine/drivers/wasm.js";
import { openEngine } from "../engine/index.js";
import { numericSuite } from "./suite.test.helper.js";

for (const threads of [1, 2]) {
  numericSuite(`wasm, ${threads} thread${threads > 1 ? "s" : ""}`, async () => {
    const engine = await openEngine({ choice: "wasm", threads });
    return () => engine.close();
  });
}

// Where relaxed SIMD runs, the plain build would never be chosen.
numericSuite("wasm, plain SIMD", async () => {
  const engine = await wasmDriver({ builds: ["simd"] }).open(2);
  return () => engine.close();
});

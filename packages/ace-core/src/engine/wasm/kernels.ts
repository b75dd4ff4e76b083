import { tf } from "../tf.js";
import { WASM_BACKEND } from "./backend.js";
import { registerConvolution } from "./convolution.js";
import { registerElementwise } from "./elementwise.js";
import { registerLosses } from "./losses.js";
import { registerNormalisation } from "./normalisation.js";
import { registerPooling } from "./pooling.js";
import { registerTransposedConvolution } from "./transposed.js";

let registered = false;

/** Gives the wasm backend every kernel of the plain one, then its own in the place of those that cost time. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  tf.copyRegisteredKernels("cpu", WASM_BACKEND);
  registerConvolution();
  registerTransposedConvolution();
  registerPooling();
  registerNormalisation();
  registerLosses();
  registerElementwise();
}

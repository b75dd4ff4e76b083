/**
 * The one door to tfjs. Everything that computes imports `tf` from here, so that there is one tfjs-core instance with
 * one registry of kernels and gradients. The umbrella package is imported for the gradients it registers: tfjs-core
 * alone has none. In Node all of these resolve to the same CommonJS build of tfjs-core, `tfjs-node-gpu` included.
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";

// The plain backend greets every Node user with an advertisement for another package on the first tensor.
export class PlainBackend extends MathBackendCPU {
  constructor() {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }
}

export { tf };

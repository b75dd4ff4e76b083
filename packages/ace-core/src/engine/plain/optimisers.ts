import type { AdamAttributes, SgdAttributes } from "../ops/contracts.js";
import { at } from "./array.js";
import type { Numbers } from "./array.js";

/** One step of SGD with momentum as PyTorch defines it (torch.optim.SGD, dampening 0). */
export function sgdStep(
  variable: Numbers,
  gradient: Numbers,
  velocity: Numbers,
  { learningRate, momentum, nesterov }: SgdAttributes,
): { variable: Float64Array; velocity: Float64Array } {
  const next = Float64Array.from(gradient, (g, i) => momentum * at(velocity, i) + g);
  return {
    variable: Float64Array.from(variable, (w, i) => {
      const step = nesterov ? at(gradient, i) + momentum * at(next, i) : at(next, i);
      return w - learningRate * step;
    }),
    velocity: next,
  };
}

/** One step of Adam (Kingma & Ba, ICLR 2015, algorithm 1). */
export function adamStep(
  variable: Numbers,
  gradient: Numbers,
  m: Numbers,
  v: Numbers,
  { learningRate, beta1, beta2, epsilon, step }: AdamAttributes,
): { variable: Float64Array; m: Float64Array; v: Float64Array } {
  const first = Float64Array.from(gradient, (g, i) => beta1 * at(m, i) + (1 - beta1) * g);
  const second = Float64Array.from(gradient, (g, i) => beta2 * at(v, i) + (1 - beta2) * g * g);
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  return {
    variable: Float64Array.from(variable, (w, i) => {
      const deviation = Math.sqrt(at(second, i) / correction2) + epsilon;
      return w - (learningRate * (at(first, i) / correction1)) / deviation;
    }),
    m: first,
    v: second,
  };
}

import { tf } from "../engine/index.js";
import { adamStep, sgdStep } from "../engine/ops/index.js";
import type { Plan } from "../protocol/index.js";

/** Adam's constants: the defaults of Kingma & Ba (ICLR 2015). */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The state of an optimisation on the engine: variables, and moments that begin at zero. */
interface Optimiser {
  readonly variables: readonly tf.Tensor[];
  /**
   * One step, to be called inside of `tf.tidy`: either all variables and moments are the next ones afterwards, or, if
   * it throws, all are as they were.
   */
  step(gradients: readonly tf.Tensor[], learningRate: number): void;
  dispose(): void;
}

/** What one variable becomes, with its moments. */
type Next = readonly tf.Tensor[];

/** A fresh optimiser for the plan's choice. It takes the variables over and frees them in the end. */
export function createOptimiser(
  training: Pick<Plan["training"], "optimizer" | "momentum">,
  variables: readonly tf.Tensor[],
): Optimiser {
  const moments = training.optimizer === "sgd" ? 1 : 2;
  let states: readonly Next[] = variables.map((variable) => [
    variable,
    ...Array.from({ length: moments }, () => tf.zeros(variable.shape)),
  ]);
  let steps = 0;
  return {
    get variables() {
      return states.flatMap(([variable]) => variable ?? []);
    },
    step: (gradients, learningRate) => {
      const next = states.map((state, i) => {
        const [variable, m, v] = state;
        const gradient = gradients[i];
        if (variable === undefined || m === undefined || gradient === undefined) {
          throw new TypeError("a variable has no gradient");
        }
        if (v === undefined) {
          const { momentum } = training;
          const done = sgdStep(variable, gradient, m, { learningRate, momentum, nesterov: momentum > 0 });
          return [done.variable, done.velocity];
        }
        const done = adamStep(variable, gradient, m, v, { learningRate, ...ADAM, step: steps + 1 });
        return [done.variable, done.m, done.v];
      });
      for (const tensor of next.flat()) tf.keep(tensor);
      tf.dispose(states.flat());
      states = next;
      steps++;
    },
    dispose: () => {
      tf.dispose(states.flat());
    },
  };
}

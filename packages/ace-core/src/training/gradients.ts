import { tf } from "../engine/index.js";

/**
 * The gradient of the FedProx term μ/2 ‖w − w_t‖² (Li et al., MLSys 2020, eq. 2) added to gradients.
 *
 * @param start w_t, the weights that the round began with.
 * @param mu 0 is none.
 */
export function addProximal(
  gradients: readonly tf.Tensor[],
  variables: readonly tf.Tensor[],
  start: readonly tf.Tensor[],
  mu: number,
): readonly tf.Tensor[] {
  if (mu === 0) return gradients;
  return gradients.map((gradient, i) => {
    const [variable, origin] = [variables[i], start[i]];
    if (variable === undefined || origin === undefined) throw new TypeError("a variable has no starting value");
    return tf.add(gradient, tf.mul(tf.sub(variable, origin), mu));
  });
}

/**
 * Gradients minus a site's control variate (see correction.ts).
 *
 * @param correction undefined is none
 */
export function subtractCorrection(
  gradients: readonly tf.Tensor[],
  correction: readonly tf.Tensor[] | undefined,
): readonly tf.Tensor[] {
  if (correction === undefined) return gradients;
  return gradients.map((gradient, i) => {
    const variate = correction[i];
    if (variate === undefined) throw new TypeError("a variable has no control variate");
    return tf.sub(gradient, variate);
  });
}

/**
 * Gradients scaled so that their global L2 norm is at most `limit` (Pascanu et al., ICML 2013).
 *
 * @param limit 0 is none.
 */
export function clipGlobalNorm(gradients: readonly tf.Tensor[], limit: number): readonly tf.Tensor[] {
  if (limit === 0) return gradients;
  // Not tf.addN: it hands over all tensors at once, which is more than a GPU takes.
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient))).reduce((sum, part) => tf.add(sum, part));
  // A norm below the limit divides to more than 1; a norm of 0 to infinity, of which the minimum is 1 as well.
  const factor = tf.minimum(1, tf.div(limit, tf.sqrt(squares)));
  return gradients.map((gradient) => tf.mul(gradient, factor));
}

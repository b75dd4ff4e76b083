/**
 * The next values of a moving average over rounds, ρ w̄ + (1 − ρ) w, in float64 and rounded to float32 once: coordinator
 * and sites work it out for themselves and get the same bits.
 */
export function movingAverage(average: Float32Array, model: Float32Array, decay: number): Float32Array {
  return average.map((value, i) => decay * value + (1 - decay) * (model[i] ?? Number.NaN));
}

/**
 * Weighted sum of equally long vectors, each value summed in float64 in the order given and rounded to float32 once.
 * The result does not depend on how a model is cut into chunks.
 *
 * @param inputs one vector per site, in an order that does not depend on arrival (sorted by name).
 * @param weights as from {@link siteWeights}.
 */
export function aggregateChunk(inputs: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const length = inputs[0]?.length ?? 0;
  if (inputs.length !== weights.length || inputs.some((input) => input.length !== length)) {
    throw new RangeError("inputs and weights do not belong together");
  }
  const sums = new Float64Array(length);
  for (const [site, input] of inputs.entries()) {
    const weight = weights[site] ?? 0;
    for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + weight * (input[i] ?? 0);
  }
  return Float32Array.from(sums);
}

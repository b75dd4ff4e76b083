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

/** The classifier of one site: `weight` is `[…, inputs, classes]`, `bias` is `[classes]`. */
export interface Head {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The same classifier with zero mean over the classes: per input the mean weight is subtracted, and the mean bias.
 * Every logit of a voxel changes by the same amount, so the softmax does not. In float64.
 */
export function centreHead(head: Head): { weight: Float64Array; bias: Float64Array } {
  const classes = head.bias.length;
  return { weight: centreRows(head.weight, classes), bias: centreRows(head.bias, classes) };
}

function centreRows(values: Float32Array, classes: number): Float64Array {
  const centred = Float64Array.from(values);
  for (let row = 0; row < values.length; row += classes) {
    let mean = 0;
    for (let k = 0; k < classes; k++) mean += (values[row + k] ?? 0) / classes;
    for (let k = 0; k < classes; k++) centred[row + k] = (values[row + k] ?? 0) - mean;
  }
  return centred;
}

/**
 * Averages classifiers class by class: each site's head is centred, then class k's weights and bias are averaged over
 * the sites that annotate k only, their weights scaled to sum 1. A class that none of them annotates (or only sites of
 * weight 0) is averaged over all.
 *
 * @param heads one per site, sorted by name; @param weights as from {@link siteWeights}
 * @param annotated per site, the indices of the classes it annotates.
 */
export function aggregateHead(
  heads: readonly Head[],
  weights: readonly number[],
  annotated: readonly (readonly number[])[],
): Head {
  const classes = heads[0]?.bias.length ?? 0;
  const shares = Array.from({ length: classes }, (_, k) => {
    const own = weights.map((weight, site) => (annotated[site]?.includes(k) === true ? weight : 0));
    const total = own.reduce((sum, weight) => sum + weight, 0);
    return total > 0 ? own.map((weight) => weight / total) : weights;
  });
  const centred = heads.map(centreHead);
  const average = (pick: (head: { weight: Float64Array; bias: Float64Array }) => Float64Array): Float32Array => {
    const parts = centred.map(pick);
    return Float32Array.from({ length: parts[0]?.length ?? 0 }, (_, i) =>
      parts.reduce((sum, part, site) => sum + (shares[i % classes]?.[site] ?? 0) * (part[i] ?? 0), 0),
    );
  };
  return { weight: average((head) => head.weight), bias: average((head) => head.bias) };
}

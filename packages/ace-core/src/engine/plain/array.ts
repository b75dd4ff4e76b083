/** Input numbers of the plain operations; float64 for references, float32 as a kernel. */
export type Numbers = Float32Array | Float64Array;

/** `[batch, depth, height, width, channels]` */
export type Shape5 = readonly [number, number, number, number, number];

/** `[depth, height, width]` of a filter. */
export type Sides = readonly [number, number, number];

/**
 * Element `index`, bounds checked: a reference must not read beside its arrays and go on.
 *
 * @throws RangeError
 */
export function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`element ${index} of ${values.length}`);
  return value;
}

/** Adds to an element that exists. */
export function add(values: Float64Array, index: number, amount: number): void {
  values[index] = at(values, index) + amount;
}

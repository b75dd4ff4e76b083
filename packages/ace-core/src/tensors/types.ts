/** Name and shape of one weight tensor; float32, row-major, tfjs axis order. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The weights of a model: named Float32 views over one buffer, in the order of the model's specification. That order
 * and these names are the layout that every update of a run must have.
 */
export interface WeightSet {
  readonly specs: readonly TensorSpec[];
  /** All values one after the other, in the order of `specs`. */
  readonly data: Float32Array;
}

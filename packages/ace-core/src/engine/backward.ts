import { tf } from "./tf.js";

/** What tfjs's tape remembers of an operation. */
interface TapeNode {
  readonly kernelName: string;
  readonly inputs: tf.NamedTensorMap;
  readonly outputs: readonly tf.Tensor[];
  readonly saved: readonly tf.Tensor[];
  readonly gradient?: (dys: readonly (tf.Tensor | null)[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** The parts of tfjs 4.22's engine that record a tape; its declarations keep two of them to itself. */
interface Taping {
  readonly state: { activeTape: TapeNode[] | null; readonly gradientDepth: number };
  startTape(): void;
  endTape(): void;
}

export interface ValueAndGradients<T extends tf.Tensor> {
  readonly value: T;
  /** In the order of the tensors asked for. */
  readonly gradients: tf.Tensor[];
}

/**
 * The value of `f` and its gradients, as `tf.valueAndGrads` gives them, but every saved tensor and every gradient is
 * freed as soon as the backward pass is through with it: tfjs keeps them all to the end, which takes about twice the
 * memory. Inside of a gradient, but not of a recorded forward pass.
 *
 * @param f leads from `xs` to its result; called once.
 * @param xs what to differentiate by; `f` depends on each of them.
 */
export function valueAndGradients<T extends tf.Tensor>(f: () => T, xs: readonly tf.Tensor[]): ValueAndGradients<T> {
  return recorded(f, (value, tape) => ({ value, gradients: backpropagate(tape, xs, value, tf.ones(value.shape)) }));
}

/**
 * The gradients of `f` at `xs` that belong to the gradient `dy` of its result.
 *
 * @param f leads from `xs` to its result; called once.
 */
export function pullback(f: () => tf.Tensor, xs: readonly tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  return recorded(f, (value, tape) => {
    const start = tf.clone(dy);
    const { id } = value;
    value.dispose();
    return backpropagate(tape, xs, { id }, start);
  });
}

/** Runs `f` with a tape of its own, and `use` with what it recorded; everything else that they make goes. */
function recorded<T extends tf.Tensor, R extends tf.TensorContainer | ValueAndGradients<T>>(
  f: () => T,
  use: (value: T, tape: readonly TapeNode[]) => R,
): R {
  const engine = tf.engine() as unknown as Taping;
  if (engine.state.gradientDepth > 0) throw new TypeError("a gradient cannot be recorded while another one is");
  const outer = engine.state.activeTape;
  let tape: readonly TapeNode[] = [];
  try {
    return tf.tidy(() => {
      let value: T;
      engine.startTape();
      try {
        value = tf.tidy(f);
      } finally {
        engine.endTape();
        tape = engine.state.activeTape ?? [];
        engine.state.activeTape = outer;
      }
      return use(value, tape) as tf.TensorContainer;
    }) as R;
  } finally {
    for (const { saved } of tape) free(saved);
  }
}

function backpropagate(
  tape: readonly TapeNode[],
  xs: readonly tf.Tensor[],
  value: Pick<tf.Tensor, "id">,
  start: tf.Tensor,
): tf.Tensor[] {
  const wanted = new Set(xs.map(({ id }) => id));
  const depends = new Set(wanted);
  for (const { inputs, outputs } of tape) {
    if (Object.values(inputs).some(({ id }) => depends.has(id))) for (const { id } of outputs) depends.add(id);
  }
  const gradients = new Map([[value.id, start]]);
  for (const node of tape.toReversed()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id));
    if (dys.some((dy) => dy !== undefined)) {
      const inputs = Object.entries(node.inputs).filter(([, { id }]) => depends.has(id));
      for (const [id, part] of gradientsOf(node, dys, inputs)) {
        const before = gradients.get(id);
        gradients.set(id, before === undefined ? part : tf.add(before, part));
        if (before !== undefined) free([before, part]);
      }
    }
    free(node.saved);
    free(dys.filter((dy, i) => dy !== undefined && !wanted.has(node.outputs[i]?.id ?? -1)) as tf.Tensor[]);
  }
  return xs.map(({ id }) => {
    const gradient = gradients.get(id);
    if (gradient === undefined) throw new TypeError("the result does not depend on a tensor asked for");
    return gradient;
  });
}

/** What one operation passes back to those of its inputs, by the tensors' numbers. */
function gradientsOf(
  { gradient, kernelName }: TapeNode,
  dys: readonly (tf.Tensor | undefined)[],
  inputs: readonly (readonly [string, tf.Tensor])[],
): [number, tf.Tensor][] {
  if (gradient === undefined) throw new TypeError(`${kernelName} has no gradient`);
  const parts = tf.tidy(() => {
    const make = gradient(dys.map((dy) => dy ?? null));
    return inputs.map(([name]) => {
      const part = make[name]?.();
      if (part === undefined) throw new TypeError(`${kernelName} has no gradient in ${name}`);
      // Its own handle: the gradient that came in is freed.
      return dys.includes(part) ? tf.clone(part) : part;
    });
  });
  return inputs.flatMap(([, { id }], i) => {
    const part = parts[i];
    return part === undefined ? [] : [[id, part]];
  });
}

function free(tensors: readonly tf.Tensor[]): void {
  for (const tensor of tensors) if (!tensor.isDisposed) tensor.dispose();
}

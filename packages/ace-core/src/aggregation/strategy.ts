import type { Plan, StrategyName } from "../protocol/index.js";

/** The same part of every vector that a round's next model is made from; all of one length. */
export interface RoundPart {
  /** w, the model that the round began with. */
  readonly model: Float32Array;
  /** The weighted mean of the updates. */
  readonly mean: Float32Array;
  /** What the strategy keeps from round to round; zeros before the first one. */
  readonly state: readonly Float32Array[];
}

/** How the mean of a round's updates becomes the next model: value by value, so that a part needs nothing but the same part. */
export interface Strategy {
  /** How many vectors of the model's length it keeps. */
  readonly vectors: number;
  /** The next model's part and the next state's. Float64 inside, rounded to float32 once. */
  next(part: RoundPart): Pick<RoundPart, "model" | "state">;
}

type Choice = Pick<Plan["aggregation"], "momentum" | "serverRate">;

const STRATEGIES: Readonly<Record<StrategyName, (choice: Choice) => Strategy>> = {
  fedavg: () => ({ vectors: 0, next: ({ mean }) => ({ model: mean, state: [] }) }),
  fedavgm: serverMomentum,
};

/**
 * The strategy of a plan.
 *
 * - `fedavg`: the mean (McMahan et al., AISTATS 2017).
 * - `fedavgm`: m ← μ m + Δ, w ← w + η (Δ + μ m) with Δ = mean − w: the server's momentum of Hsu et al. 2019
 *   (arXiv 1909.06335) in Nesterov's form, as in DiLoCo (Douillard et al. 2023, arXiv 2311.08105).
 */
export function strategyOf({ strategy, ...choice }: Pick<Plan["aggregation"], "strategy"> & Choice): Strategy {
  return STRATEGIES[strategy](choice);
}

function serverMomentum({ momentum, serverRate }: Choice): Strategy {
  return {
    vectors: 1,
    next: ({ model, mean, state: [before] }) => {
      const moment = new Float32Array(model.length);
      const next = model.map((value, i) => {
        const step = (mean[i] ?? Number.NaN) - value;
        const velocity = momentum * (before?.[i] ?? 0) + step;
        moment[i] = velocity;
        return value + serverRate * (step + momentum * velocity);
      });
      return { model: next, state: [moment] };
    },
  };
}

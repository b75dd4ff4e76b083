import type { Plan } from "./plan.js";

/**
 * What came into the plan after the first version, with what a plan without the key does. Whoever adds a key to the
 * plan adds it here.
 */
const LATER = {
  training: { correction: "off", absentPrior: 0, dropInputs: 0, intensity: "mild" },
  aggregation: { momentum: 0.5, serverRate: 1, average: { kind: "none", decay: 0.6 } },
  model: { architecture: "unet" },
} as const;

/**
 * A plan as it is told to others and written into a model's card: without the keys that the first version did not know,
 * where they say what it does anyway. An older site can take part in a run that asks for nothing newer, and an older
 * client can use its model. `parsePlan` gives the same plan again.
 */
export function briefPlan(plan: Plan): Plan {
  const brief: Record<string, unknown> = { ...plan };
  for (const [section, keys] of Object.entries(LATER)) {
    const whole = brief[section] as Readonly<Record<string, unknown>>;
    brief[section] = Object.fromEntries(
      Object.entries(whole).filter(([key, value]) => {
        const usual = (keys as Readonly<Record<string, unknown>>)[key];
        return usual === undefined || JSON.stringify(usual) !== JSON.stringify(value);
      }),
    );
  }
  // Read by `parsePlan` alone, which fills in what is left out.
  return brief as Plan;
}

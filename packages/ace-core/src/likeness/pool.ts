import type { ImageFigures } from "../protocol/index.js";

/** The figures of all cases, or of all sites, as one: means by their cases. Undefined where there are none. */
export function poolImages(parts: readonly ImageFigures[]): ImageFigures | undefined {
  const inputs = [...new Set(parts.flatMap(({ distinct }) => Object.keys(distinct)))];
  const distinct = inputs.map((input) => {
    const known = parts.flatMap((part) => part.distinct[input] ?? []);
    return [input, { cases: casesOf(known), bits: mean(known, ({ bits }) => bits) }] as const;
  });
  const keys = [...new Set(parts.flatMap(({ pairs }) => pairs.map(keyOf)))];
  const pairs = keys.flatMap((key) => {
    const known = parts.flatMap((part) => part.pairs.filter((pair) => keyOf(pair) === key));
    const [first] = known;
    if (first === undefined) return [];
    return {
      inputs: first.inputs,
      cases: casesOf(known),
      together: mean(known, ({ together }) => together),
      joint: first.joint.map((_, bin) => Math.round(mean(known, ({ joint }) => joint[bin] ?? 0))),
    };
  });
  return inputs.length === 0 && pairs.length === 0 ? undefined : { distinct: Object.fromEntries(distinct), pairs };
}

const keyOf = ({ inputs }: ImageFigures["pairs"][number]): string => JSON.stringify(inputs);

const casesOf = (known: readonly { readonly cases: number }[]): number =>
  known.reduce((sum, { cases }) => sum + cases, 0);

function mean<T extends { readonly cases: number }>(known: readonly T[], of: (one: T) => number): number {
  return known.reduce((sum, one) => sum + one.cases * of(one), 0) / casesOf(known);
}

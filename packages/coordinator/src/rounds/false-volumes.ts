import { FALSE_VOLUME_ML } from "@fedace/ace-core/metrics";
import type { PooledTable } from "@fedace/ace-core/protocol";

/**
 * Leaves out the models that see a class where there is none: those whose mean false volume of any class is above
 * {@link FALSE_VOLUME_ML}, as long as another model is known to be at or below it. A model of which nobody could tell
 * stays, and clears no other.
 */
export function withoutFalseVolumes<T extends { readonly pooled: PooledTable }>(models: readonly T[]): readonly T[] {
  const worst = ({ pooled }: T): number | undefined => {
    const figures = Object.values(pooled.falseVolume ?? {});
    return figures.length === 0 ? undefined : Math.max(...figures.map(({ mean }) => mean));
  };
  const known = models.some((model) => (worst(model) ?? Infinity) <= FALSE_VOLUME_ML);
  return known ? models.filter((model) => (worst(model) ?? 0) <= FALSE_VOLUME_ML) : models;
}

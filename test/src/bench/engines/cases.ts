import type { ModelPreset } from "@fedace/ace-core/protocol";

/** A network and a batch of cubic patches. */
export interface Case {
  readonly preset: ModelPreset;
  readonly batch: number;
  /** Voxels per side of a patch. */
  readonly side: number;
}

/** Both networks of a plan, on patches of 32³ and of 64³ with about as many voxels. */
export const USUAL_CASES = "small:7x32,paper:7x32,small:1x64,paper:1x64";

/** Reads `small:7x32,paper:1x64`. */
export function casesOf(text: string): readonly Case[] {
  return text.split(",").map((part) => {
    const match = /^(tiny|small|paper):(\d+)x(\d+)$/.exec(part.trim());
    if (match === null) throw new Error(`--cases: ${part} is not of the form small:7x32`);
    return { preset: match[1] as ModelPreset, batch: Number(match[2]), side: Number(match[3]) };
  });
}

export const caseName = ({ preset, batch, side }: Case): string => `${preset}, ${batch} × ${side}³`;

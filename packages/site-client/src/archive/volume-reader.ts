import type { Grid } from "./grid.js";
import type { VolumeLimits } from "./limits.js";
import type { Placement } from "./placement.js";
import { Volume } from "./volume.js";

export interface ReadOptions {
  /** What to call the file in messages; the path unless given. */
  readonly name?: string;
  readonly limits?: VolumeLimits;
  readonly signal?: AbortSignal;
}

/** What a file says about its voxels, whatever its format. */
export interface VolumeHeader {
  readonly grid: Grid;
  /** What in the header is wrong or missing, and what it was taken for. */
  readonly notes: readonly string[];
  /** The header's own words on where the voxels lie, to be written again; none where they contradict each other. */
  readonly placement?: Placement;
}

/** A file's voxels in memory: float32, scaled, NaN where the file has NaN, never infinite. */
export class StoredVolume<H extends VolumeHeader = VolumeHeader> extends Volume {
  readonly header: H;

  constructor(header: H, data: Float32Array) {
    super(header.grid, data);
    this.header = header;
  }
}

/**
 * The port behind which the formats of scans lie. A further format is one file that implements this, and a row in
 * `formats.ts`.
 */
export interface VolumeReader {
  /** For people, as in "NIfTI". */
  readonly format: string;
  /** Endings of its files' names in lower case, compared without regard to case. */
  readonly endings: readonly string[];
  /** Whether a file begins as one of this format does. */
  recognises(beginning: Uint8Array): boolean;
  /** @throws FILE_UNREADABLE and codes of the format */
  readHeader(path: string, options?: ReadOptions): Promise<VolumeHeader>;
  /** @throws FILE_UNREADABLE and codes of the format */
  readVolume(path: string, options?: ReadOptions): Promise<StoredVolume>;
}
